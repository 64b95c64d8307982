/*
 * Executables that make no sense: copies of this program with their headers damaged, first one number after the other
 * with values that tend to hurt, then at random. Whatever becomes of each, the system must go on; what is printed is
 * what every system must do.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { HEAD = 64 + 12 * 56, RANDOM_FILES = 300 };

static unsigned char *image;
static size_t image_size;
static uint64_t state = 88172645463325252u;

static uint64_t random_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void image_read(const char *path)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        say("own file: error %d", errno);
    image_size = (size_t)status.st_size;
    image = malloc(image_size);
    size_t done = 0;
    while (done < image_size) {
        ssize_t count = read(descriptor, image + done, image_size - done);
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    close(descriptor);
}

static unsigned attempts;
static unsigned patience = 2; /* seconds that a damaged program may run */

static void image_write(size_t size)
{
    int descriptor = open("damaged", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (descriptor < 0 || write(descriptor, image, size) != (ssize_t)size)
        say("write behind attempt %u: error %d", attempts, errno);
    close(descriptor);
}

/* Executes the file; returns the wait status, or -errno if exec failed. */
static int attempt(void)
{
    int status, error = 0, ends[2];
    attempts++;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        struct rlimit memory = {256 << 20, 256 << 20}, none = {0, 0};
        setrlimit(RLIMIT_AS, &memory);
        setrlimit(RLIMIT_CORE, &none);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        alarm(patience);
        execve("damaged", (char *[]){"damaged", "end", NULL}, (char *[]){NULL});
        error = errno;
        _exit(write(ends[1], &error, sizeof(error)) < 0);
    }
    close(ends[1]);
    waitpid(pid, &status, 0);
    ssize_t count = read(ends[0], &error, sizeof(error));
    close(ends[0]);
    return count == sizeof(error) ? -error : status;
}

/* Writes the image with `size` bytes at `offset` replaced, tries it, and puts the bytes back. */
static int attempt_with(size_t offset, uint64_t value, size_t size)
{
    unsigned char saved[8];
    memcpy(saved, image + offset, size);
    memcpy(image + offset, &value, size);
    image_write(image_size);
    int result = attempt();
    memcpy(image + offset, saved, size);
    return result;
}

static void say_attempt(const char *what, size_t offset, uint64_t value, size_t size)
{
    int result = attempt_with(offset, value, size);
    say("%s: %s", what, result == -ENOEXEC ? "no executable" : result < 0 ? "another error" : "started");
}

static void header_numbers(void)
{
    say_attempt("as it is", 0, 0x7f, 1);
    say_attempt("magic", 0, 0x7e, 1);
    say_attempt("type", offsetof(Elf64_Ehdr, e_type), 1, 2);
    say_attempt("core file", offsetof(Elf64_Ehdr, e_type), 4, 2);
    say_attempt("machine", offsetof(Elf64_Ehdr, e_machine), 40, 2);
    say_attempt("size of a program header", offsetof(Elf64_Ehdr, e_phentsize), 32, 2);
    say_attempt("no program headers", offsetof(Elf64_Ehdr, e_phnum), 0, 2);
}

static void cut_short(void)
{
    for (size_t size = 0; size < 700; size += 61) {
        image_write(size);
        (void)attempt();
    }
    image_write(image_size / 2);
    (void)attempt();
}

static void every_number(void)
{
    static const uint64_t values[] = {0,
                                      1,
                                      0xfff,
                                      0x7fffffff,
                                      0x7ffffffff000,
                                      0x800000000000,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0xffff800000000000,
                                      0xfffffffffffff000,
                                      UINT64_MAX};
    unsigned tried = 0;
    for (size_t offset = 24; offset + 8 <= 64 + 4 * 56; offset += 8)
        for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++, tried++)
            (void)attempt_with(offset, values[i], 8);
    say("%u damaged numbers", tried);
}

static void at_random(void)
{
    unsigned char saved[HEAD];
    memcpy(saved, image, HEAD);
    for (int i = 0; i < RANDOM_FILES; i++) {
        for (uint64_t bytes = random_next() % 6 + 1; bytes > 0; bytes--)
            image[16 + random_next() % (HEAD - 16)] = (unsigned char)random_next();
        image_write(image_size);
        (void)attempt();
        memcpy(image, saved, HEAD);
    }
    say("%d damaged at random", RANDOM_FILES);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 0;
    char folder[] = "proc_elf_XXXXXX", path[4096] = "";
    if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0 || mkdtemp(folder) == NULL || chdir(folder) < 0)
        say("start: error %d", errno);
    image_read(path);
    header_numbers();
    cut_short();
    every_number();
    at_random();
    patience = 100;
    say("the undamaged program still runs: %d", attempt_with(0, 0x7f, 1));
    unlink("damaged");
    if (chdir("..") < 0 || rmdir(folder) < 0)
        say("end: error %d", errno);
    return 0;
}
