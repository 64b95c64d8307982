/*
 * What a program sees of a disk that fails: disk_errors WHAT FILE..., with one line about each file.
 *
 *     read     reads it             map      touches it through a mapping
 *     write    writes its first page, then two fsyncs: the second has nothing to report
 *     late     the same, but everything is written by sync(2) first, which says nothing
 *     two      the same with two descriptors: each is told once
 *     swap     exchanges the names of the first and the second, then of the second and the first
 *     move     renames the first to the second
 *
 * Without arguments: what happens to a file of its own, on a disk that does not fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE = 4096 };

static char piece[PIECE];
static sigjmp_buf caught;
static volatile int signal_code;

static const char *outcome(long result)
{
    if (result >= 0)
        return "ok";
    return errno == EIO ? "EIO" : errno == EROFS ? "EROFS" : errno == ENOSPC ? "ENOSPC" : "another error";
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    signal_code = info->si_code;
    siglongjmp(caught, 1);
}

static void file_read_all(const char *name)
{
    int fd = open(name, O_RDONLY);
    long count, sum = 0;
    while ((count = read(fd, piece, PIECE)) > 0)
        sum += count;
    printf("%s: %s after %ld bytes\n", name, outcome(count), sum);
    close(fd);
}

static void file_touch_all(const char *name)
{
    struct stat status = {0};
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    volatile long at = 0;
    int fd = open(name, O_RDONLY);
    fstat(fd, &status);
    const volatile char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    sigaction(SIGBUS, &action, NULL);
    if (sigsetjmp(caught, 1) == 0) {
        for (; at < status.st_size; at += PIECE)
            (void)bytes[at];
        printf("%s: touched\n", name);
    } else {
        printf("%s: SIGBUS code %d at page %ld\n", name, signal_code, at / PIECE);
    }
    munmap((void *)bytes, (size_t)status.st_size);
    close(fd);
}

static void file_write_first(const char *name, const char *what)
{
    int fd = open(name, O_RDWR | O_CREAT, 0644), other = strcmp(what, "two") == 0 ? open(name, O_RDONLY) : -1;
    if (fd < 0) {
        printf("%s: open %s\n", name, outcome(fd));
        return;
    }
    memset(piece, 'w', PIECE);
    printf("%s: write %s", name, outcome(pwrite(fd, piece, PIECE, 0)));
    if (strcmp(what, "late") == 0)
        sync();
    printf(", fsync %s", outcome(fsync(fd)));
    printf(", again %s", outcome(fsync(fd)));
    if (other >= 0)
        printf(", the other %s", outcome(fsync(other)));
    printf("\n");
    close(other);
    close(fd);
}

static void names_change(char **names, const char *what)
{
    unsigned exchanges = strcmp(what, "swap") == 0 ? 2 : 0; /* RENAME_EXCHANGE */
    printf("%s: %s", what, outcome(syscall(SYS_renameat2, AT_FDCWD, names[0], AT_FDCWD, names[1], exchanges)));
    if (exchanges)
        printf(" %s", outcome(syscall(SYS_renameat2, AT_FDCWD, names[1], AT_FDCWD, names[0], exchanges)));
    printf("\n");
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "two";
    if (argc == 4 && (strcmp(what, "swap") == 0 || strcmp(what, "move") == 0)) {
        names_change(argv + 2, what);
        return 0;
    }
    static char *own[] = {NULL, NULL, "disk_errors.file", NULL};
    for (char **name = argc > 2 ? argv + 2 : own + 2; *name != NULL; name++) {
        if (strcmp(what, "read") == 0)
            file_read_all(*name);
        else if (strcmp(what, "map") == 0)
            file_touch_all(*name);
        else
            file_write_first(*name, what);
        fflush(stdout);
    }
    return 0;
}
