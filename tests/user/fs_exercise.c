/*
 * Random work on files, checked byte by byte against a model in the program's memory: read, write, append, stores and loads through a shared and a
 * private mapping, truncation, extension, fsync, msync, holes punched, advice, closing and opening again.
 *
 *     fs_exercise [operations [seed]]       operations of all processes together
 *
 * Each process has files of its own, whose contents are printed as a digest at the end; and all of them work on one common file, whose model is in
 * shared memory: what one process stores through its mapping must be in the next read of another, and the reverse (L32).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/random.h"
#include "tests/user/say.h"

#define PAGE ((size_t)4096)
enum { PROCESSES = 4, FILES = 3, SIZE_MAX_BYTES = 40 * 4096, PIECE_MAX = 6000 };

struct model {
    size_t size;
    unsigned char bytes[SIZE_MAX_BYTES];
};

struct subject {
    char name[40];
    int fd;
    unsigned char *map; /* of SIZE_MAX_BYTES, shared */
    struct model *model;
};

static unsigned char piece[PIECE_MAX];
static const char *doing;

static void fail(const struct subject *subject, size_t at, int found, int expected)
{
    say("%s: %s: byte %ld is %d, not %d, of %ld", subject->name, doing, (long)at, found, expected,
        (long)subject->model->size);
    _exit(1);
}

static void must_succeed(int succeeded, const char *what)
{
    if (succeeded)
        return;
    say("%s: %s: error %d", doing, what, errno);
    _exit(1);
}

static void compare(const struct subject *subject, size_t at, const unsigned char *found, size_t length)
{
    const unsigned char *expected = subject->model->bytes + at;
    if (memcmp(found, expected, length) == 0)
        return;
    for (size_t i = 0; i < length; i++) {
        if (found[i] != expected[i])
            fail(subject, at + i, found[i], expected[i]);
    }
}

static void subject_open(struct subject *subject, int flags)
{
    subject->fd = open(subject->name, O_RDWR | flags, 0600);
    must_succeed(subject->fd >= 0, "open");
    subject->map = mmap(NULL, SIZE_MAX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, subject->fd, 0);
    must_succeed(subject->map != MAP_FAILED, "mmap");
}

static void subject_close(struct subject *subject)
{
    must_succeed(munmap(subject->map, SIZE_MAX_BYTES) == 0, "munmap");
    must_succeed(close(subject->fd) == 0, "close");
}

/* A range with random start and length, up to the end of what the file may have; inside the file if `inside`. False: there is none. */
static int choose_range(const struct subject *subject, int inside, size_t *at, size_t *length)
{
    size_t limit = inside ? subject->model->size : SIZE_MAX_BYTES;
    if (limit == 0)
        return 0;
    *at = random_below((unsigned)limit);
    if (random_below(4) == 0)
        *at &= ~(PAGE - 1);
    *length = 1 + random_below(random_below(3) == 0 ? PIECE_MAX : 200);
    if (*length > limit - *at)
        *length = limit - *at;
    return 1;
}

static void fill_piece(size_t length)
{
    unsigned char value = (unsigned char)random_below(256);
    for (size_t i = 0; i < length; i++)
        piece[i] = (unsigned char)(value + i * 7);
}

static void do_read(struct subject *subject)
{
    size_t at, length;
    doing = "read";
    if (!choose_range(subject, 0, &at, &length))
        return;
    ssize_t count = pread(subject->fd, piece, length, (off_t)at);
    size_t expected = at >= subject->model->size ? 0 : subject->model->size - at;
    if (expected > length)
        expected = length;
    if (count != (ssize_t)expected)
        fail(subject, at, (int)count, (int)expected);
    compare(subject, at, piece, expected);
}

static void do_write(struct subject *subject)
{
    size_t at, length;
    doing = "write";
    if (!choose_range(subject, 0, &at, &length))
        return;
    fill_piece(length);
    must_succeed(pwrite(subject->fd, piece, length, (off_t)at) == (ssize_t)length, "pwrite");
    memcpy(subject->model->bytes + at, piece, length);
    if (at + length > subject->model->size)
        subject->model->size = at + length;
}

static void do_append(struct subject *subject)
{
    size_t length = 1 + random_below(500);
    doing = "append";
    if (length > SIZE_MAX_BYTES - subject->model->size)
        return;
    int fd = open(subject->name, O_WRONLY | O_APPEND);
    must_succeed(fd >= 0, "open");
    fill_piece(length);
    must_succeed(write(fd, piece, length) == (ssize_t)length, "write");
    must_succeed(close(fd) == 0, "close");
    memcpy(subject->model->bytes + subject->model->size, piece, length);
    subject->model->size += length;
}

static void do_load(struct subject *subject)
{
    size_t at, length;
    doing = "load";
    if (choose_range(subject, 1, &at, &length))
        compare(subject, at, subject->map + at, length);
}

static void do_store(struct subject *subject)
{
    size_t at, length;
    doing = "store";
    if (!choose_range(subject, 1, &at, &length))
        return;
    fill_piece(length);
    memcpy(subject->map + at, piece, length);
    memcpy(subject->model->bytes + at, piece, length);
}

/* What is stored into a private mapping never reaches the file (L33). */
static void do_private(struct subject *subject)
{
    size_t at, length;
    doing = "private mapping";
    if (!choose_range(subject, 1, &at, &length))
        return;
    size_t start = at & ~(PAGE - 1), end = at + length;
    unsigned char *map = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE, subject->fd, (off_t)start);
    must_succeed(map != MAP_FAILED, "mmap");
    compare(subject, at, map + (at - start), length);
    memset(map + (at - start), 0xee, length);
    must_succeed(pread(subject->fd, piece, length, (off_t)at) == (ssize_t)length, "pread");
    compare(subject, at, piece, length);
    must_succeed(munmap(map, end - start) == 0, "munmap");
}

static void do_resize(struct subject *subject)
{
    size_t size = random_below(SIZE_MAX_BYTES + 1), old = subject->model->size;
    doing = "truncate";
    must_succeed(ftruncate(subject->fd, (off_t)size) == 0, "ftruncate");
    if (size < old)
        memset(subject->model->bytes + size, 0, old - size);
    subject->model->size = size;
}

/* Where holes cannot be punched, zeros are written. */
static void do_punch(struct subject *subject)
{
    size_t at, length;
    doing = "punch";
    if (!choose_range(subject, 1, &at, &length))
        return;
    if (fallocate(subject->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)length) != 0) {
        must_succeed(errno == EOPNOTSUPP, "fallocate");
        memset(piece, 0, length);
        must_succeed(pwrite(subject->fd, piece, length, (off_t)at) == (ssize_t)length, "pwrite");
    }
    memset(subject->model->bytes + at, 0, length);
}

static void do_sync(struct subject *subject)
{
    doing = "sync";
    if (random_below(2) == 0)
        must_succeed(fsync(subject->fd) == 0, "fsync");
    else
        must_succeed(msync(subject->map, SIZE_MAX_BYTES, random_below(2) ? MS_SYNC : MS_ASYNC) == 0, "msync");
}

static void do_forget(struct subject *subject)
{
    doing = "advice";
    must_succeed(posix_fadvise(subject->fd, 0, 0, POSIX_FADV_DONTNEED) == 0, "posix_fadvise");
    must_succeed(madvise(subject->map, SIZE_MAX_BYTES, MADV_DONTNEED) == 0, "madvise");
}

static void do_reopen(struct subject *subject)
{
    struct stat status;
    doing = "reopen";
    must_succeed(fstat(subject->fd, &status) == 0, "fstat");
    if ((size_t)status.st_size != subject->model->size)
        fail(subject, 0, (int)status.st_size, (int)subject->model->size);
    subject_close(subject);
    subject_open(subject, 0);
}

/* What there is to do, with how often of a thousand. */
static const struct {
    void (*run)(struct subject *subject);
    unsigned share;
} operations[] = {
    {do_read, 250},  {do_write, 180}, {do_append, 30}, {do_load, 190},  {do_store, 180}, {do_private, 40},
    {do_resize, 50}, {do_punch, 40},  {do_sync, 10},   {do_forget, 10}, {do_reopen, 20},
};

static void run_one(struct subject *subject)
{
    unsigned which = random_below(1000), i = 0;
    while (which >= operations[i].share)
        which -= operations[i++].share;
    operations[i].run(subject);
}

static unsigned long digest(const struct model *model)
{
    uint64_t sum = model->size;
    for (size_t i = 0; i < model->size; i++)
        sum = (sum ^ model->bytes[i]) * 0x100000001b3u;
    return (unsigned long)(sum ^ sum >> 32) & 0xffffffffu;
}

/* The common file, held by one process at a time: a byte in a pipe is the right to it. */
static int right[2];

static void run_common(struct subject *common)
{
    static uint64_t
        common_state; /* what is chosen here depends on the others: it must not change what is chosen elsewhere */
    uint64_t kept = random_state;
    char token;
    must_succeed(read(right[0], &token, 1) == 1, "token");
    random_state = common_state;
    run_one(common);
    common_state = random_state;
    random_state = kept;
    must_succeed(write(right[1], &token, 1) == 1, "token");
}

static void work(int number, unsigned count, struct subject *common)
{
    struct subject subjects[FILES];
    random_state += (uint64_t)number * 1000003;
    for (int i = 0; i < FILES; i++) {
        snprintf(subjects[i].name, sizeof(subjects[i].name), "exercise.%d.%d", number, i);
        subjects[i].model = calloc(1, sizeof(struct model));
        must_succeed(subjects[i].model != NULL, "calloc");
        subject_open(&subjects[i], O_CREAT | O_TRUNC);
    }
    for (unsigned i = 0; i < count; i++) {
        if (i % 4 == 3)
            run_common(common);
        else
            run_one(&subjects[random_below(FILES)]);
    }
    for (int i = 0; i < FILES; i++) {
        subject_close(&subjects[i]);
        subject_open(&subjects[i], 0);
        doing = "end";
        compare(&subjects[i], 0, subjects[i].map, subjects[i].model->size);
    }
}

static void start(unsigned count, struct subject *common)
{
    common->model = mmap(NULL, sizeof(struct model), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must_succeed(common->model != MAP_FAILED && pipe(right) == 0 && write(right[1], "", 1) == 1, "start");
    subject_open(common, O_CREAT | O_TRUNC);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        must_succeed(child >= 0, "fork");
        if (child == 0) {
            common->fd = dup(common->fd); /* its own, to close */
            work(i, count / PROCESSES, common);
            _exit(0);
        }
    }
}

/* Prints what a process has left of one of its files, and removes it. */
static void report(int number, int index)
{
    static struct model found;
    char name[40];
    snprintf(name, sizeof(name), "exercise.%d.%d", number, index);
    int fd = open(name, O_RDONLY);
    must_succeed(fd >= 0, name);
    found.size = (size_t)read(fd, found.bytes, sizeof(found.bytes));
    say("%s: %ld bytes, digest %lx", name, (long)found.size, digest(&found));
    close(fd);
    unlink(name);
}

int main(int argc, char **argv)
{
    struct subject common = {.name = "exercise.common"};
    int failed = 0;
    random_state = argc > 2 ? (uint64_t)atoi(argv[2]) : 1;
    start(argc > 1 ? (unsigned)atoi(argv[1]) : 8000, &common);
    for (int i = 0, status; i < PROCESSES; i++)
        failed |= wait(&status) < 0 || status != 0;
    doing = "end";
    compare(&common, 0, common.map, common.model->size);
    for (int number = 0; number < PROCESSES; number++) {
        for (int i = 0; i < FILES; i++)
            report(number, i);
    }
    unlink(common.name);
    say_true("every byte as in the model", !failed);
    return failed;
}
