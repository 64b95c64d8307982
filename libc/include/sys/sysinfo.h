/* The machine in numbers. */
#ifndef CLOCKHAND_SYS_SYSINFO_H
#define CLOCKHAND_SYS_SYSINFO_H

struct sysinfo {
    long uptime;
    unsigned long loads[3];
    unsigned long totalram;
    unsigned long freeram;
    unsigned long sharedram;
    unsigned long bufferram;
    unsigned long totalswap;
    unsigned long freeswap;
    unsigned short procs;
    unsigned short padding;
    unsigned long totalhigh;
    unsigned long freehigh;
    unsigned mem_unit;
};

int sysinfo(struct sysinfo *info);
int get_nprocs(void);
int get_nprocs_conf(void);

#endif
