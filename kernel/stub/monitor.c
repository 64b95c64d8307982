/*
 * gdb's `monitor` commands: see monitor.h.
 *
 * The machine is halted wherever it was: no locks are taken, counts may be in the middle of a change.
 */
#include "kernel/stub/monitor.h"

#include "kernel/cpu.h"
#include "kernel/stub/halt.h"
#include "kernel/stub/link.h"
#include "kernel/stub/threads.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/pageout.h"
#include "mm/pagetable.h"

static void command_help(const char *argument, const struct thread *thread);

static void command_ps(const char *argument, const struct thread *selected)
{
    (void)argument, (void)selected;
    link_print("%6s %4s %-9s %s\n", "TID", "CPU", "STATE", "NAME");
    struct stub_walk walk = {0};
    const struct thread *thread;
    while ((thread = stub_walk_next(&walk)) != NULL)
        link_print("%6d %4u %-9s %.16s\n", thread->tid, thread->cpu, stub_thread_state(thread), thread->name);
}

static void command_cpus(const char *argument, const struct thread *selected)
{
    (void)argument, (void)selected;
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        if (cpus[id].started)
            link_print("cpu %u: %.16s%s\n", id, cpus[id].current->name,
                       halt_registers(id) == NULL ? ", does not answer" : "");
    }
}

static void command_frames(const char *argument, const struct thread *selected)
{
    static const char *const names[] = {
        [PAGE_ABSENT] = "absent", [PAGE_FREE] = "free",       [PAGE_DETACHED] = "detached",
        [PAGE_ACTIVE] = "active", [PAGE_STANDBY] = "standby", [PAGE_WIRED] = "wired"};
    (void)argument, (void)selected;
    for (unsigned state = 0; state < ARRAY_LENGTH(names); state++) {
        if (state != PAGE_ABSENT)
            link_print("%-9s %8lu frames\n", names[state], frames_in_state((enum page_state)state));
    }
}

static void command_clock(const char *argument, const struct thread *selected)
{
    (void)argument, (void)selected;
    struct clock clock = hands_state();
    struct clock_marks marks = hands_marks();
    link_print("front hand %lu, back hand %lu, of %lu frames\n", (uint64_t)clock.front, (uint64_t)clock.back,
               (uint64_t)clock.frames);
    link_print("free %lu: lotsfree %lu, desfree %lu, minfree %lu\n", pageout_free(), (uint64_t)marks.lotsfree,
               (uint64_t)marks.desfree, (uint64_t)marks.minfree);
}

static void command_walk(const char *argument, const struct thread *selected)
{
    struct walk walk;
    if (argument[0] == '0' && argument[1] == 'x')
        argument += 2;
    vaddr_t address = hex_number(&argument);
    const struct pagetable *table = address < USER_END ? stub_thread_table(selected) : &kernel_table;
    if (table == NULL || (address >= USER_END && address < DIRECT_MAP_BASE)) {
        link_print(table == NULL ? "the thread has no address space\n" : "not canonical\n");
        return;
    }
    bool found = pagetable_walk(table, address, &walk);
    for (unsigned level = 4; level >= walk.level && level > 0; level--)
        link_print("level %u: %016lx\n", level, walk.path[level]);
    link_print(found ? "mapped to %#lx by a page of %lu KB\n" : "not mapped\n",
               pte_frame(walk.value, walk.level) + (address & (level_size(walk.level) - 1)),
               level_size(walk.level) >> 10);
}

static const struct {
    const char *name, *meaning;
    void (*run)(const char *argument, const struct thread *thread);
} commands[] = {
    {"help", "this list", command_help},
    {"ps", "every thread: number, CPU, state, name", command_ps},
    {"cpus", "what each CPU runs", command_cpus},
    {"frames", "how many frames are in each state", command_frames},
    {"clock", "the hands, and the marks of free memory", command_clock},
    {"walk", "ADDRESS: the page walk, in the selected thread's address space", command_walk},
};

static void command_help(const char *argument, const struct thread *thread)
{
    (void)argument, (void)thread;
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++)
        link_print("monitor %-7s %s\n", commands[i].name, commands[i].meaning);
}

bool monitor_run(const char *line, const struct thread *thread)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++) {
        size_t length = strlen(commands[i].name);
        if (strncmp(line, commands[i].name, length) != 0 || (line[length] != '\0' && line[length] != ' '))
            continue;
        commands[i].run(line[length] == ' ' ? line + length + 1 : "", thread);
        return true;
    }
    return false;
}
