/* uname(2), in Linux's system-call interface. */
#ifndef KERNEL_ABI_UTSNAME_H
#define KERNEL_ABI_UTSNAME_H

#define UTSNAME_LENGTH 64

struct linux_utsname {
    char sysname[UTSNAME_LENGTH + 1];
    char nodename[UTSNAME_LENGTH + 1];
    char release[UTSNAME_LENGTH + 1];
    char version[UTSNAME_LENGTH + 1];
    char machine[UTSNAME_LENGTH + 1];
    char domainname[UTSNAME_LENGTH + 1];
};

#endif
