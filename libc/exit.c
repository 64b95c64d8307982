/* The end of a program: functions registered with atexit, last first, then open streams, then the kernel. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "libc/stdio_file.h"
#include "libc/syscall.h"

enum { FUNCTIONS_FIRST = 32 };

typedef void (*exit_function_t)(void);

extern const exit_function_t __fini_array_start[] __attribute__((weak, visibility("hidden")));
extern const exit_function_t __fini_array_end[] __attribute__((weak, visibility("hidden")));

struct function_list {
    exit_function_t first[FUNCTIONS_FIRST];
    exit_function_t *more;
    size_t count;
};

static struct function_list at_exit, at_quick_exit_list;

static exit_function_t *function_slot(struct function_list *list, size_t index)
{
    return index < FUNCTIONS_FIRST ? &list->first[index] : &list->more[index - FUNCTIONS_FIRST];
}

static int function_add(struct function_list *list, exit_function_t function)
{
    if (list->count >= FUNCTIONS_FIRST) {
        exit_function_t *more = reallocarray(list->more, list->count - FUNCTIONS_FIRST + 1, sizeof *more);
        if (!more)
            return -1;
        list->more = more;
    }
    *function_slot(list, list->count++) = function;
    return 0;
}

/* A function may register further ones; they run next. */
static void functions_run(struct function_list *list)
{
    while (list->count)
        (*function_slot(list, --list->count))();
}

int atexit(void (*function)(void))
{
    return function_add(&at_exit, function);
}

int at_quick_exit(void (*function)(void))
{
    return function_add(&at_quick_exit_list, function);
}

void _exit(int status)
{
    for (;;)
        call_raw1(SYS_exit_group, status);
}

void _Exit(int status)
{
    _exit(status);
}

void quick_exit(int status)
{
    functions_run(&at_quick_exit_list);
    _exit(status);
}

void exit(int status)
{
    functions_run(&at_exit);
    for (const exit_function_t *at = __fini_array_end; at > __fini_array_start;)
        (*--at)();
    if (stdio_flush_all)
        stdio_flush_all();
    _exit(status);
}

void abort(void)
{
    sigset_t set;

    raise(SIGABRT);
    signal(SIGABRT, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGABRT);
    for (;;)
        __asm__ volatile("hlt");
}
