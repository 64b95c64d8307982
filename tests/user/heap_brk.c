/* The end of the heap, simple mappings, and malloc on top of both. */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/user/say.h"

enum { PAGE = 4096 };

static char *brk_call(void *end)
{
    return (char *)syscall(SYS_brk, end);
}

static void heap_end(void)
{
    char *start = brk_call(NULL);

    say_true("the end is asked with 0", start == brk_call(NULL));
    say_true("grow", brk_call(start + 3 * PAGE + 5) == start + 3 * PAGE + 5);
    int sum = 0;
    for (int i = 0; i < 3 * PAGE + 5; i++)
        sum |= start[i];
    say("new memory: %d", sum);
    memset(start, 'x', 3 * PAGE + 5);
    say_true("shrink", brk_call(start + 10) == start + 10);
    say_true("grow again", brk_call(start + 2 * PAGE) == start + 2 * PAGE);
    uintptr_t page_end = ((uintptr_t)start + 10 + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    sum = 0;
    for (char *at = (char *)page_end; at < start + 2 * PAGE; at++)
        sum |= *at;
    say("what was given back is new: %d", sum);
    say_true("below the start: unchanged", brk_call((void *)0x1000) == start + 2 * PAGE);
    say_true("into the kernel: unchanged", brk_call((void *)-PAGE) == start + 2 * PAGE);
    say_true("far too much: unchanged", brk_call((char *)0x7ffffffff000) == start + 2 * PAGE);
    say_true("back", brk_call(start) == start);
}

static void mappings(void)
{
    char *memory = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    say_true("mmap", memory != MAP_FAILED && (uintptr_t)memory % PAGE == 0);
    for (int i = 0; i < 10; i++)
        memory[i * PAGE] = (char)i;
    say_result("a hole in the middle", munmap(memory + 3 * PAGE, 2 * PAGE));
    say("around it: %d %d", memory[2 * PAGE], memory[5 * PAGE]);
    say_true("fixed into the hole", mmap(memory + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory + 3 * PAGE);
    say("it is new: %d", memory[3 * PAGE]);
    say_result("no length", (long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    say_result("neither shared nor private", (long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    say_result("an odd offset", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 0, 5));
    say_result("an odd fixed address",
               (long)mmap(memory + 5, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    say_result("no such descriptor", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0));
    say_result("munmap of an odd address", munmap(memory + 5, PAGE));
    say_result("munmap of no length", munmap(memory, 0));
    say_result("munmap of what is not mapped", munmap(memory + 4 * PAGE, PAGE));
    say_result("protect", mprotect(memory, 2 * PAGE, PROT_READ));
    say_result("protect a hole", mprotect(memory, 6 * PAGE, PROT_READ));
    say_result("munmap all", munmap(memory, 10 * PAGE));
    say_result("more than there is", (long)mmap(NULL, (size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

/* The same requests on every C library must leave the same contents. */
static void requests(void)
{
    enum { SLOTS = 200, STEPS = 30000 };
    static unsigned char *slots[SLOTS];
    static size_t sizes[SLOTS];
    unsigned long seed = 7, sum = 0;
    int wrong = 0;

    for (int step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t slot = (seed >> 33) % SLOTS, size = (seed >> 40) % (step % 50 ? 400 : 200000) + 1;
        for (size_t i = 0; i < sizes[slot]; i += 97)
            wrong += slots[slot][i] != (unsigned char)(slot + i);
        if (seed >> 62 == 0) {
            free(slots[slot]);
            slots[slot] = NULL;
            size = 0;
        } else {
            slots[slot] = realloc(slots[slot], size);
        }
        wrong += size && (!slots[slot] || (uintptr_t)slots[slot] % 16);
        sizes[slot] = size;
        for (size_t i = 0; i < size; i++)
            slots[slot][i] = (unsigned char)(slot + i);
        sum += size;
    }
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    say("malloc: %lu bytes in all, wrong %d", sum, wrong);
    errno = 0;
    volatile size_t too_much = (size_t)-100;
    void *volatile huge = malloc(too_much);
    say_true("far too much", !huge && errno == ENOMEM);
    unsigned char *clear = calloc(1000, 3);
    int sum_clear = 0;
    for (int i = 0; i < 3000; i++)
        sum_clear |= clear[i];
    say("calloc: %d", sum_clear);
    free(clear);
    void *aligned;
    say("posix_memalign: %d", posix_memalign(&aligned, 4096, 100));
    say("aligned: %lu", (unsigned long)((uintptr_t)aligned % 4096));
    free(aligned);
}

int main(void)
{
    heap_end();
    mappings();
    requests();
    return 0;
}
