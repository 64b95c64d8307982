/*
 * Numbers of processes, and the arguments of a program on their way to its stack.
 */
#include "kernel/abi/auxv.h"
#include "kernel/abi/errno.h"
#include "kernel/arguments.h"
#include "kernel/elf.h"
#include "kernel/ktest.h"
#include "kernel/pid.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"
#include "tests/kernel/spaces.h"

static pid_t allocate(void)
{
    spin_lock(&process_lock);
    pid_t pid = pid_allocate_locked();
    spin_unlock(&process_lock);
    return pid;
}

static void hold(pid_t pid)
{
    spin_lock(&process_lock);
    pid_hold_locked(pid);
    spin_unlock(&process_lock);
}

static void release(pid_t pid)
{
    spin_lock(&process_lock);
    pid_release_locked(pid);
    spin_unlock(&process_lock);
}

/* The last test that asks for numbers, as it leaves the next one high: nobody after it expects process 1. */
KTEST(process, numbers_rise_and_are_given_again_when_unused)
{
    pid_t first = allocate(), kept = allocate();
    KTEST_EXPECT(first > 0 && kept == first + 1);
    hold(kept); /* as a group's number, */
    release(kept);
    release(first);
    pid_t last = 0, pid;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 2 * PID_LIMIT; i++) {
        pid = allocate();
        wrong += pid == kept || pid <= 0 || pid >= PID_LIMIT || pid == last; /* which outlives the process */
        last = pid;
        release(pid);
    }
    KTEST_EXPECT(wrong == 0);
    release(kept);
}

KTEST(process, unknown_numbers_are_not_found)
{
    KTEST_EXPECT(process_find(0) == NULL);
    KTEST_EXPECT(process_find(-1) == NULL);
    KTEST_EXPECT(process_find(INT32_MAX) == NULL);
}

KTEST(arguments, limits_and_replacement)
{
    struct arguments arguments;
    static const char *const script[] = {"interpreter", "option", "script"};
    arguments_init(&arguments, 0);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.argv, "zero") == 0);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.argv, "one") == 0);
    KTEST_EXPECT(arguments_replace_first(&arguments, script, ARRAY_LENGTH(script)) == 0);
    KTEST_EXPECT(arguments.argv.count == 4);
    char first[8];
    arguments_copy_first(&arguments, first, sizeof(first));
    KTEST_EXPECT(strcmp(first, "interpr") == 0);
    int error = 0;
    for (unsigned i = 0; i < 100000 && error == 0; i++)
        error = arguments_add(&arguments, &arguments.argv, "argument");
    KTEST_EXPECT(error == -E2BIG);
    KTEST_EXPECT(arguments.argv.used <= arguments.limit);
    arguments_release(&arguments);
}

KTEST(arguments, the_beginning_of_a_first_string_longer_than_a_chunk)
{
    static char text[2 * PAGE_SIZE], first[PAGE_SIZE / 2];
    struct arguments arguments;
    arguments_init(&arguments, 0);
    arguments_copy_first(&arguments, first, sizeof(first));
    KTEST_EXPECT(first[0] == '\0');
    memset(text, 'a', sizeof(text) - 1);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.argv, text) == 0);
    arguments_copy_first(&arguments, first, sizeof(first));
    KTEST_EXPECT(strlen(first) == sizeof(first) - 1 && memcmp(first, text, strlen(first)) == 0);
    arguments_release(&arguments);
}

/* The value of an entry of the auxiliary vector at `at`; its end is (0, 0). */
static uint64_t auxiliary_find(struct aspace *aspace, vaddr_t at, uint64_t type)
{
    for (unsigned i = 0; i < 64; i++, at += 16) {
        uint64_t found = space_load(aspace, at);
        if (found == type || found == AT_NULL)
            return space_load(aspace, at + 8);
    }
    return 0;
}

KTEST(arguments, stack_is_laid_out_as_the_abi_says)
{
    struct arguments arguments;
    struct elf_image image = {.entry = 0x401000, .segments = 0x400040, .segment_count = 3};
    struct stack_facts facts = {.program = &image, .path = "/bin/program", .uid = 7};
    struct aspace *aspace = aspace_create();
    vaddr_t top = SPACE_BASE + 16 * PAGE_SIZE, sp = 0;
    char text[16] = "";
    space_map(aspace, SPACE_BASE, 16, SPACE_RW);
    arguments_init(&arguments, 0);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.argv, "zero") == 0);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.argv, "one") == 0);
    KTEST_EXPECT(arguments_add(&arguments, &arguments.envp, "A=1") == 0);
    KTEST_EXPECT(arguments_write_stack(&arguments, aspace, top, &facts, &sp) == 0);
    KTEST_EXPECT(sp % 16 == 0 && top - sp == arguments_stack_size(&arguments, &facts));
    KTEST_EXPECT(space_load(aspace, sp) == 2);
    KTEST_EXPECT(copy_from_aspace(aspace, text, space_load(aspace, sp + 16), 4) == 0 && strcmp(text, "one") == 0);
    KTEST_EXPECT(space_load(aspace, sp + 24) == 0);
    KTEST_EXPECT(copy_from_aspace(aspace, text, space_load(aspace, sp + 32), 4) == 0 && strcmp(text, "A=1") == 0);
    KTEST_EXPECT(space_load(aspace, sp + 40) == 0);
    KTEST_EXPECT(auxiliary_find(aspace, sp + 48, AT_ENTRY) == 0x401000);
    KTEST_EXPECT(auxiliary_find(aspace, sp + 48, AT_PHDR) == 0x400040);
    KTEST_EXPECT(auxiliary_find(aspace, sp + 48, AT_UID) == 7);
    KTEST_EXPECT(space_load(aspace, top - 8) == 0);
    arguments_release(&arguments);
    aspace_put(aspace);
}

/* `number` spelled with as many bytes as strings are long in turns: from none to more than a page. */
static void long_text(char *text, unsigned number)
{
    size_t length = number * 997 % 6000;
    memset(text, 'a' + (int)(number % 26), length);
    text[length] = '\0';
}

/* Whether the pointer at `at` leads to the text of that number. */
static bool points_at(struct aspace *aspace, vaddr_t at, unsigned number, char *expected, char *found)
{
    long_text(expected, number);
    size_t size = strlen(expected) + 1;
    return copy_from_aspace(aspace, found, space_load(aspace, at), size) == 0 && memcmp(found, expected, size) == 0;
}

/* Strings of all lengths, which end anywhere in the pages they are collected in; the first one is replaced. */
KTEST(arguments, long_ones_need_no_neighbouring_frames)
{
    enum { COUNT = 40, PAGES = 64, TEXT_SIZE = 6001 };
    struct arguments arguments;
    struct elf_image image = {.entry = 0x401000};
    struct stack_facts facts = {.program = &image, .path = "/bin/program"};
    struct aspace *aspace = aspace_create();
    vaddr_t top = SPACE_BASE + PAGES * PAGE_SIZE, sp = 0;
    char *text = kmalloc(TEXT_SIZE), *found = kmalloc(TEXT_SIZE);
    unsigned wrong = 0;
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW);
    arguments_init(&arguments, 64 << 20);
    for (unsigned i = 0; i < COUNT; i++) {
        long_text(text, i + 5);
        wrong += arguments_add(&arguments, &arguments.argv, text) != 0;
    }
    KTEST_EXPECT(arguments_add(&arguments, &arguments.envp, text) == 0);
    long_text(text, 3);
    KTEST_EXPECT(arguments_replace_first(&arguments, (const char *const[]){text, ""}, 2) == 0);
    KTEST_EXPECT(arguments_write_stack(&arguments, aspace, top, &facts, &sp) == 0);
    KTEST_EXPECT(space_load(aspace, sp) == COUNT + 1);
    wrong += !points_at(aspace, sp + 8, 3, text, found) + !points_at(aspace, sp + 16, 0, text, found);
    for (unsigned i = 1; i < COUNT; i++)
        wrong += !points_at(aspace, sp + 16 + 8 * i, i + 5, text, found);
    KTEST_EXPECT(wrong == 0 && space_load(aspace, sp + 16 + 8 * COUNT) == 0);
    KTEST_EXPECT(points_at(aspace, sp + 24 + 8 * COUNT, COUNT + 4, text, found));
    kfree(found);
    kfree(text);
    arguments_release(&arguments);
    aspace_put(aspace);
}
