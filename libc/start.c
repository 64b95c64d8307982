/*
 * From the first instruction to main: the stack as the kernel left it is
 *     argc | argv[0] ... argv[argc-1] | 0 | envp[0] ... | 0 | auxiliary vector: pairs (type, value) ... (0, 0)
 */
#include "libc/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "libc/thread.h"

typedef void (*initializer_t)(int, char **, char **);

extern const initializer_t __init_array_start[] __attribute__((weak, visibility("hidden")));
extern const initializer_t __init_array_end[] __attribute__((weak, visibility("hidden")));
extern int main(int count, char **arguments, char **environment);

_Thread_local int errno;
char **environ;
char *program_invocation_name = "";
char *program_invocation_short_name = "";

static const unsigned long *auxiliary;

unsigned long getauxval(unsigned long type)
{
    for (const unsigned long *at = auxiliary; at[0] != AT_NULL; at += 2)
        if (at[0] == type)
            return at[1];
    errno = ENOENT;
    return 0;
}

static void name_set(char *path)
{
    char *slash = strrchr(path, '/');

    program_invocation_name = path;
    program_invocation_short_name = slash ? slash + 1 : path;
}

void program_start(unsigned long *stack)
{
    int count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    char **last = environ = arguments + count + 1;

    while (*last)
        last++;
    auxiliary = (unsigned long *)(last + 1);
    thread_first_init(auxiliary);
    if (count > 0)
        name_set(arguments[0]);
    for (const initializer_t *at = __init_array_start; at < __init_array_end; at++)
        (*at)(count, arguments, environ);
    exit(main(count, arguments, environ));
}
