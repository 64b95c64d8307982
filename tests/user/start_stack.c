/*
 * What a program finds on its stack at the start: arguments, environment, auxiliary vector, and how they are aligned.  It runs
 * itself again with arguments of its own choosing, so that the outcome depends on nobody else.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/say.h"

extern char **environ;

static void vectors(int count, char **arguments)
{
    int settings = 0;

    say("%d arguments", count);
    for (int i = 0; i < count; i++)
        say("argument %d: '%s'", i, arguments[i]);
    say_true("they end with NULL", !arguments[count]);
    while (environ[settings])
        say("setting: '%s'", environ[settings++]);
    say_true("the environment follows the arguments", environ == arguments + count + 1);
    say_true("the strings lie above, in order",
             arguments[0] > (char *)(environ + settings) && (count < 2 || arguments[1] > arguments[0]));
}

static void auxiliary(char **arguments)
{
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    const Elf64_Phdr *header = (const Elf64_Phdr *)getauxval(AT_PHDR);
    unsigned char sum = 0;
    int loads = 0;

    say("page size %lu, clock ticks %lu", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK));
    say("header entry %lu", getauxval(AT_PHENT));
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        loads += header[i].p_type == PT_LOAD;
    say_true("segments to be loaded", loads > 0);
    say_true("an entry point", getauxval(AT_ENTRY) != 0);
    say_true("16 random bytes", random != NULL);
    for (int i = 0; random && i < 16; i++)
        sum |= random[i];
    say_true("which are not all zero", sum != 0);
    say("user %lu %lu, group %lu %lu, secure %lu", getauxval(AT_UID) - getuid(), getauxval(AT_EUID) - geteuid(),
        getauxval(AT_GID) - getgid(), getauxval(AT_EGID) - getegid(), getauxval(AT_SECURE));
    const char *name = (const char *)getauxval(AT_EXECFN);
    say("executed as '%s', which is %sargument 0", name ? name : "", name == arguments[0] ? "" : "not ");
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    say("platform '%s'", platform ? platform : "");
}

static void stack_use(void)
{
    struct rlimit limit;
    volatile char deep[1 << 20];

    for (size_t i = 0; i < sizeof deep; i += 4096)
        deep[i] = 1;
    getrlimit(RLIMIT_STACK, &limit);
    say("stack limit %lu, a megabyte of it used: %d", (unsigned long)limit.rlim_cur, deep[4096]);
}

/* The very beginning of the vectors: argc is 16-byte aligned. */
static void alignment(char **arguments)
{
    say("argc at %lu modulo 16", (unsigned long)((uintptr_t)(arguments - 1) % 16));
}

int main(int count, char **arguments)
{
    char *const again[] = {"zero", "one", "", "three with spaces", NULL}, *const settings[] = {
                                                                              "A=1", "EMPTY=", "B=two words", NULL};
    int status;

    if (!strcmp(arguments[0], "zero")) {
        vectors(count, arguments);
        auxiliary(arguments);
        alignment(arguments);
        stack_use();
        return 0;
    }
    pid_t child = fork();
    if (!child) {
        execve("/proc/self/exe", again, settings);
        _exit(99);
    }
    waitpid(child, &status, 0);
    say("status %d", status);
    child = fork();
    if (!child) {
        char *const nothing[] = {"zero", NULL};
        execve("/proc/self/exe", nothing, nothing + 1);
        _exit(99);
    }
    waitpid(child, &status, 0);
    say("status %d", status);
    return 0;
}
