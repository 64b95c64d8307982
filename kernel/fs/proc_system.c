/*
 * What /proc shows of the machine as a whole, in Linux's formats: stat uptime loadavg version cpuinfo interrupts
 * cmdline filesystems mounts slabinfo. Memory's own files (meminfo, vmstat) are registered by mm.
 */
#include "kernel/abi/statfs.h"
#include "kernel/cpu.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/interrupt.h"
#include "kernel/iowait.h"
#include "kernel/option.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/slab.h"

enum { VECTORS = 256, NS_PER_CENTISECOND = 10000000 };

typedef unsigned long long ull;

/* Ticks of a CPU, or of all. */
struct tick_counts {
    uint64_t all, user, system, wait;
};

static struct tick_counts cpu_ticks(const struct cpu *cpu)
{
    return (struct tick_counts){cpu->ticks, cpu->user_ticks, cpu->system_ticks, cpu->wait_ticks};
}

static uint64_t ticks_idle(const struct tick_counts *ticks)
{
    uint64_t known = ticks->user + ticks->system + ticks->wait;
    return ticks->all > known ? ticks->all - known : 0;
}

static void cpu_show(struct text *text, const char *name, const struct tick_counts *ticks)
{
    text_printf(text, "%s %llu 0 %llu %llu %llu 0 0 0 0 0\n", name, (ull)ticks->user, (ull)ticks->system,
                (ull)ticks_idle(ticks), (ull)ticks->wait);
}

static uint64_t interrupts_total(void)
{
    uint64_t total = 0;
    for (unsigned vector = 0; vector < VECTORS; vector++)
        total += interrupt_count(vector);
    return total;
}

struct thread_counts {
    uint64_t switches;
    unsigned running;
};

static void thread_count(struct thread *thread, void *context)
{
    struct thread_counts *counts = context;
    counts->switches += thread->switches_voluntary + thread->switches_forced;
    counts->running += thread->process != NULL && (thread->state == THREAD_RUNNING || thread->state == THREAD_READY);
}

static void stat_show(struct text *text)
{
    struct tick_counts sum = {0};
    struct thread_counts counts = {0};
    unsigned blocked = 0;
    for (unsigned i = 0; i < cpus_online(); i++) {
        struct tick_counts ticks = cpu_ticks(&cpus[i]);
        sum.all += ticks.all;
        sum.user += ticks.user;
        sum.system += ticks.system;
        sum.wait += ticks.wait;
        blocked += iowait_count(i);
    }
    cpu_show(text, "cpu ", &sum);
    for (unsigned i = 0; i < cpus_online(); i++) {
        char name[8] = {'c', 'p', 'u', (char)('0' + i)};
        struct tick_counts ticks = cpu_ticks(&cpus[i]);
        cpu_show(text, name, &ticks);
    }
    threads_for_each(thread_count, &counts);
    text_printf(text, "intr %llu\nctxt %llu\n", (ull)interrupts_total(), (ull)counts.switches);
    text_printf(text, "btime %llu\n", (ull)((time_realtime() - time_now()) / NS_PER_SECOND));
    text_printf(text, "processes %u\nprocs_running %u\nprocs_blocked %u\n", process_count(), counts.running, blocked);
}

static void uptime_show(struct text *text)
{
    uint64_t up = time_now() / NS_PER_CENTISECOND, idle = 0;
    for (unsigned i = 0; i < cpus_online(); i++) {
        struct tick_counts ticks = cpu_ticks(&cpus[i]);
        idle += ticks_idle(&ticks);
    }
    text_printf(text, "%llu.%02llu %llu.%02llu\n", (ull)(up / 100), (ull)(up % 100), (ull)(idle / 100),
                (ull)(idle % 100));
}

static pid_t newest_pid(void)
{
    pid_t newest = 0;
    spin_lock(&process_lock);
    list_for_each(link, &process_all)
    {
        pid_t pid = list_entry(link, struct process, all_link)->pid;
        newest = pid > newest ? pid : newest;
    }
    spin_unlock(&process_lock);
    return newest;
}

static void loadavg_show(struct text *text)
{
    uint64_t load[3];
    struct thread_counts counts = {0};
    sched_load(load);
    for (unsigned i = 0; i < ARRAY_LENGTH(load); i++)
        text_printf(text, "%llu.%02llu ", (ull)(load[i] >> 11), (ull)((load[i] & 2047) * 100 >> 11));
    threads_for_each(thread_count, &counts);
    text_printf(text, "%u/%u %d\n", counts.running, process_count(), newest_pid());
}

static void version_show(struct text *text)
{
    text_printf(text, "Linux version 6.1.0-clockhand (Clockhand, a teaching kernel) #1 SMP\n");
}

static void cpuinfo_show(struct text *text)
{
    for (unsigned i = 0; i < cpus_online(); i++) {
        text_printf(text, "processor\t: %u\nvendor_id\t: x86-64\nmodel name\t: x86-64 processor\n", i);
        text_printf(
            text, "apicid\t\t: %u\nfpu\t\t: yes\nflags\t\t: fpu tsc msr pae cx8 apic pge cmov fxsr sse sse2 syscall lm",
            cpus[i].apic_id);
        text_printf(text, "%s%s%s%s%s", cpu_features.nx ? " nx" : "", cpu_features.page_1g ? " pdpe1gb" : "",
                    cpu_features.smep ? " smep" : "", cpu_features.smap ? " smap" : "",
                    cpu_features.xsave ? " xsave" : "");
        text_printf(text, "\naddress sizes\t: %u bits physical, 48 bits virtual\n\n", cpu_features.physical_bits);
    }
}

static void interrupts_show(struct text *text)
{
    text_printf(text, "vector      count\n");
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        if (interrupt_count(vector) > 0)
            text_printf(text, "%5u: %10llu\n", vector, (ull)interrupt_count(vector));
    }
}

static void cmdline_show(struct text *text)
{
    text_printf(text, "%s\n", options_all());
}

static void filesystem_show(const struct filesystem_type *type, void *context)
{
    text_printf(context, "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
}

static void filesystems_show(struct text *text)
{
    filesystem_types_for_each(filesystem_show, text);
}

static void mount_show(struct filesystem *filesystem, void *context)
{
    struct text *text = context;
    char *buffer = kmalloc(PATH_MAX);
    if (buffer == NULL) {
        text->failed = true;
        return;
    }
    uint64_t flags = filesystem->flags;
    text_printf(text, "%s %s %s %s%s%s%s%s%s 0 0\n", filesystem->source, mount_point_path(filesystem, buffer, PATH_MAX),
                filesystem->type->name, filesystem->read_only ? "ro" : "rw", flags & MS_SYNCHRONOUS ? ",sync" : "",
                flags & MS_NOSUID ? ",nosuid" : "", flags & MS_NODEV ? ",nodev" : "",
                flags & MS_NOEXEC ? ",noexec" : "", flags & MS_NOATIME ? ",noatime" : ",relatime");
    kfree(buffer);
}

static void mounts_show(struct text *text)
{
    mounts_for_each(mount_show, text);
}

static void process_mounts_show(struct process *process, struct text *text)
{
    (void)process;
    mounts_show(text);
}

static void slab_show(struct slab_cache *cache, void *context)
{
    text_printf(context, "%-20s %6llu %6llu %6u %4u 1 : tunables 0 0 0 : slabdata %6llu %6llu 0\n", cache->name,
                (ull)slab_objects_used(cache), (ull)(cache->slabs * cache->objects_per_slab), cache->size,
                cache->objects_per_slab, (ull)cache->slabs, (ull)cache->slabs);
}

static void slabinfo_show(struct text *text)
{
    (void)text_reserve(text, 64 * 128); /* the list of caches is walked under a lock */
    text_printf(text,
                "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>\n");
    slab_caches_for_each(slab_show, text);
}

void proc_system_register(void)
{
    proc_register("stat", stat_show, NULL);
    proc_register("uptime", uptime_show, NULL);
    proc_register("loadavg", loadavg_show, NULL);
    proc_register("version", version_show, NULL);
    proc_register("cpuinfo", cpuinfo_show, NULL);
    proc_register("interrupts", interrupts_show, NULL);
    proc_register("cmdline", cmdline_show, NULL);
    proc_register("filesystems", filesystems_show, NULL);
    proc_register("mounts", mounts_show, NULL);
    proc_register("slabinfo", slabinfo_show, NULL);
    proc_register_process("mounts", process_mounts_show);
}
