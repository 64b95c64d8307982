/*
 * What /proc/PID shows, in Linux's formats (proc(5)): stat statm status comm cmdline environ limits wchan.
 * Those about areas (maps, smaps, pagemap) are registered by mm.
 */
#include "kernel/dev/tty.h"
#include "kernel/fs/files.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { NS_PER_TICK = 10000000, PRIORITY = 20, ARGUMENTS_MAX = 128 * 1024 };

typedef unsigned long long ull;

static char process_state_letter(struct process *process)
{
    char letter = process->state == PROCESS_ZOMBIE ? 'Z' : 'S';
    if (process->state == PROCESS_STOPPED)
        letter = 'T';
    spin_lock(&process_lock);
    list_for_each(link, &process->threads)
    {
        enum thread_state state = list_entry(link, struct thread, process_link)->state;
        if (letter == 'S' && (state == THREAD_RUNNING || state == THREAD_READY))
            letter = 'R';
    }
    spin_unlock(&process_lock);
    return letter != 'Z' && letter != 'T' && process->residence.out ? 'W' : letter;
}

/* The terminal's device number and foreground group: 0 and -1 without one. */
static void process_terminal(struct process *process, uint32_t *number, pid_t *group)
{
    spin_lock(&process_lock);
    *number = process->tty != NULL ? process->tty->number : 0;
    *group = process->tty != NULL ? process->tty->group : -1;
    spin_unlock(&process_lock);
}

struct memory_sizes {
    uint64_t total, peak, resident, resident_peak, file, shm, locked, data, swapped; /* pages */
};

static void process_memory(struct process *process, struct memory_sizes *sizes)
{
    *sizes = (struct memory_sizes){0};
    struct aspace *aspace = process_aspace(process);
    if (aspace == NULL)
        return;
    sizes->total = aspace->total_pages;
    sizes->peak = max_u64(aspace->peak_total, aspace->total_pages);
    sizes->file = aspace->resident_file;
    sizes->shm = aspace->resident_shm;
    sizes->resident = aspace->resident_anon + sizes->file + sizes->shm;
    sizes->resident_peak = max_u64(aspace->peak_resident, sizes->resident);
    sizes->locked = aspace->locked_pages;
    sizes->data = aspace->data_pages;
    mutex_lock(&aspace->lock);
    sizes->swapped = overlay_count_absent(&aspace->overlay, 0, RADIX_INDEX_END - 1).pages;
    mutex_unlock(&aspace->lock);
    aspace_put(aspace);
}

struct signal_sets {
    uint64_t pending, shared, blocked, ignored, caught;
};

static void process_signals(struct process *process, struct signal_sets *sets)
{
    *sets = (struct signal_sets){0};
    struct sighand *sighand = sighand_lock_process(process);
    for (int signal = 1; signal <= SIGNALS; signal++) {
        vaddr_t handler = sighand->handlers[signal - 1];
        if (handler == SIG_IGN)
            sets->ignored |= signal_bit(signal);
        else if (handler != SIG_DFL)
            sets->caught |= signal_bit(signal);
    }
    sets->shared = process->pending.set;
    if (!list_is_empty(&process->threads)) {
        const struct user_thread *user = list_entry(process->threads.next, struct thread, process_link)->user;
        sets->pending = user->pending.set;
        sets->blocked = user->blocked;
    }
    spin_unlock(&sighand->lock);
}

/* Fields 14 to 24: CPU time, priority, threads, start, sizes. */
static void stat_show_usage(struct process *process, struct text *text, const struct usage *usage)
{
    const struct usage *children = &process->children_usage;
    struct memory_sizes sizes;
    process_memory(process, &sizes);
    text_printf(text, " %llu %llu %llu %llu", (ull)usage->faults_minor, (ull)children->faults_minor,
                (ull)usage->faults_major, (ull)children->faults_major);
    text_printf(text, " %llu %llu %llu %llu", (ull)(usage->user_ns / NS_PER_TICK),
                (ull)(usage->system_ns / NS_PER_TICK), (ull)(children->user_ns / NS_PER_TICK),
                (ull)(children->system_ns / NS_PER_TICK));
    text_printf(text, " %d %d %u 0 %llu %llu %llu %llu", PRIORITY + process->nice, process->nice, process->thread_count,
                (ull)(process->start_time / NS_PER_TICK), (ull)(sizes.total << PAGE_SHIFT), (ull)sizes.resident,
                (ull)UINT64_MAX);
}

static void stat_show(struct process *process, struct text *text)
{
    struct usage usage;
    struct signal_sets sets;
    uint32_t terminal;
    pid_t foreground;
    process_usage(process, &usage);
    process_signals(process, &sets);
    process_terminal(process, &terminal, &foreground);
    text_printf(text, "%d (%s) %c %d %d %d %u %d 0", process->pid, process->name, process_state_letter(process),
                process->parent_pid, process->group, process->session, terminal, foreground);
    stat_show_usage(process, text, &usage);
    struct aspace *aspace = process_aspace(process);
    text_printf(text, " 0 0 %llu 0 0", (ull)(aspace != NULL ? aspace->stack_top : 0));
    text_printf(text, " %llu %llu %llu %llu 0 0 0 %d 0 0 0 0 0 0", (ull)(sets.pending | sets.shared), (ull)sets.blocked,
                (ull)sets.ignored, (ull)sets.caught, process->exit_signal);
    text_printf(text, " 0 0 %llu %llu %llu %llu %llu %d\n", (ull)(aspace != NULL ? aspace->brk_start : 0),
                (ull)(aspace != NULL ? aspace->arg_start : 0), (ull)(aspace != NULL ? aspace->arg_end : 0),
                (ull)(aspace != NULL ? aspace->env_start : 0), (ull)(aspace != NULL ? aspace->env_end : 0),
                process->state == PROCESS_ZOMBIE ? process->exit_status : 0);
    if (aspace != NULL)
        aspace_put(aspace);
}

static void statm_show(struct process *process, struct text *text)
{
    struct memory_sizes sizes;
    process_memory(process, &sizes);
    text_printf(text, "%llu %llu %llu 0 0 %llu 0\n", (ull)sizes.total, (ull)sizes.resident,
                (ull)(sizes.file + sizes.shm), (ull)(sizes.total - min_u64(sizes.file, sizes.total)));
}

static const char *state_name(char letter)
{
    switch (letter) {
    case 'R':
        return "running";
    case 'T':
        return "stopped";
    case 'Z':
        return "zombie";
    case 'W':
        return "swapped out";
    default:
        return "sleeping";
    }
}

static void status_show_identity(struct process *process, struct text *text)
{
    const struct credentials *credentials = &process->credentials;
    char letter = process_state_letter(process);
    text_printf(text, "Name:\t%s\n", process->name);
    spin_lock(&process_lock);
    uint32_t mask = process->fs != NULL ? process->fs->umask : 0;
    unsigned descriptors = process->files != NULL ? process->files->capacity : 0;
    spin_unlock(&process_lock);
    text_printf(text, "Umask:\t%04o\nState:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", mask,
                letter, state_name(letter), process->pid, process->pid, process->parent_pid);
    text_printf(text, "Uid:\t%u\t%u\t%u\t%u\n", credentials->uid, credentials->euid, credentials->suid,
                credentials->fsuid);
    text_printf(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", credentials->gid, credentials->egid,
                credentials->sgid, credentials->fsgid, descriptors);
    for (unsigned i = 0; i < credentials->group_count; i++)
        text_printf(text, "%u ", credentials->groups[i]);
    text_printf(text, "\n");
}

static void kilobytes_show(struct text *text, const char *name, uint64_t pages)
{
    text_printf(text, "%s:\t%8llu kB\n", name, (ull)(pages * (PAGE_SIZE / 1024)));
}

static void status_show_memory(struct process *process, struct text *text)
{
    struct memory_sizes sizes;
    process_memory(process, &sizes);
    if (sizes.total == 0)
        return;
    kilobytes_show(text, "VmPeak", sizes.peak);
    kilobytes_show(text, "VmSize", sizes.total);
    kilobytes_show(text, "VmLck", sizes.locked);
    kilobytes_show(text, "VmHWM", sizes.resident_peak);
    kilobytes_show(text, "VmRSS", sizes.resident);
    kilobytes_show(text, "RssAnon", sizes.resident - sizes.file - sizes.shm);
    kilobytes_show(text, "RssFile", sizes.file);
    kilobytes_show(text, "RssShmem", sizes.shm);
    kilobytes_show(text, "VmData", sizes.data);
    kilobytes_show(text, "VmSwap", sizes.swapped);
}

static void status_show(struct process *process, struct text *text)
{
    struct signal_sets sets;
    struct usage usage;
    status_show_identity(process, text);
    status_show_memory(process, text);
    process_signals(process, &sets);
    process_usage(process, &usage);
    text_printf(
        text,
        "Threads:\t%u\nSigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
        process->thread_count, (ull)sets.pending, (ull)sets.shared, (ull)sets.blocked, (ull)sets.ignored,
        (ull)sets.caught);
    text_printf(text, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
                (ull)usage.switches_voluntary, (ull)usage.switches_forced);
}

static void comm_show(struct process *process, struct text *text)
{
    text_printf(text, "%s\n", process->name);
}

/* The bytes [start, end) of the program's own memory, as they are. */
static void user_bytes_show(struct aspace *aspace, struct text *text, vaddr_t start, vaddr_t end)
{
    size_t length = end > start ? min_u64(end - start, ARGUMENTS_MAX) : 0;
    if (length == 0 || !text_reserve(text, length))
        return;
    if (copy_from_aspace(aspace, text->data + text->length, start, length) == 0)
        text->length += length;
}

static void cmdline_show(struct process *process, struct text *text)
{
    struct aspace *aspace = process_aspace(process);
    if (aspace == NULL)
        return;
    user_bytes_show(aspace, text, aspace->arg_start, aspace->arg_end);
    aspace_put(aspace);
}

static void environ_show(struct process *process, struct text *text)
{
    struct aspace *aspace = process_aspace(process);
    if (aspace == NULL)
        return;
    user_bytes_show(aspace, text, aspace->env_start, aspace->env_end);
    aspace_put(aspace);
}

void proc_process_register(void)
{
    proc_register_process("stat", stat_show);
    proc_register_process("statm", statm_show);
    proc_register_process("status", status_show);
    proc_register_process("comm", comm_show);
    proc_register_process("cmdline", cmdline_show);
    proc_register_process("environ", environ_show);
}
