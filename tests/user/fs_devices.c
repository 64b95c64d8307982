/*
 * Devices without hardware: null, zero, full, random and urandom; the framebuffer, where there is one; and that a walk over a process's files
 * in /proc ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/user/say.h"

enum { LENGTH = 10000 };

static char bytes[LENGTH], other[LENGTH];

static int is_all(const char *from, char value)
{
    for (int i = 0; i < LENGTH; i++) {
        if (from[i] != value)
            return 0;
    }
    return 1;
}

static void device(const char *name)
{
    struct stat status = {0};
    int fd = open(name, O_RDWR);
    fstat(fd, &status);
    say("%s: mode %o, device %x", name, status.st_mode & ~0777u, (unsigned)status.st_rdev);
    memset(bytes, 'x', LENGTH);
    say_result("read", read(fd, bytes, LENGTH));
    say_true("zeros", is_all(bytes, 0));
    say_true("untouched", is_all(bytes, 'x'));
    say_result("write", write(fd, bytes, LENGTH));
    say_result("write at a place", pwrite(fd, bytes, 1, 1L << 40));
    say_result("write nothing", write(fd, bytes, 0));
    say_result("read at a place", pread(fd, bytes, 3, 1L << 40));
    say_result("truncate", ftruncate(fd, 0));
    close(fd);
}

static void chance(const char *name)
{
    int fd = open(name, O_RDONLY);
    memset(bytes, 0, LENGTH);
    memset(other, 0, LENGTH);
    say("%s", name);
    say_result("read", read(fd, bytes, 200));
    say_result("read", read(fd, other, 200));
    say_true("something", !is_all(bytes, 0));
    say_true("and something else", memcmp(bytes, other, 200) != 0);
    close(fd);
}

static void zero_mapped(void)
{
    int fd = open("/dev/zero", O_RDWR);
    char *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    say_true("/dev/zero mapped: zeros", map != MAP_FAILED && is_all(map, 0));
    map[5] = 'x';
    say_result("read", read(fd, bytes, LENGTH));
    say_true("still zeros", is_all(bytes, 0));
    close(fd);
}

enum { SCREEN_GET = 0x4600, FIXED_GET = 0x4602 }; /* FBIOGET_VSCREENINFO, FBIOGET_FSCREENINFO */

/* What Linux's fb.h calls fb_fix_screeninfo. */
struct screen_fixed {
    char name[16];
    uint64_t start;
    uint32_t length, type, type_aux, visual;
    uint16_t steps[3];
    uint32_t line_length;
    uint64_t registers;
    uint32_t rest[4];
};

/* Whether pixels that are written are there. The console draws into the same memory, so now and then they are not. */
static int pixels_stay(int fd, off_t at)
{
    static char found[LENGTH];
    ssize_t count = pread(fd, bytes, LENGTH, at);
    for (int attempt = 0; attempt < 100 && count > 0; attempt++) {
        for (ssize_t i = 0; i < count; i++)
            other[i] = (char)(bytes[i] ^ (i % 4 == 3 ? 0 : 0x55));
        ssize_t written = pwrite(fd, other, (size_t)count, at);
        int same = written == count && pread(fd, found, (size_t)count, at) == count &&
                   memcmp(found, other, (size_t)count) == 0;
        written = pwrite(fd, bytes, (size_t)count, at);
        if (same && written == count)
            return 1;
    }
    return 0;
}

/*
 * The guest has a framebuffer (tests/exec.t). A host's, if it has one, shows somebody's screen, which is left alone: only in the guest, known by /proc/vmclock,
 * there is something to be seen.
 */
static void screen(void)
{
    int absent = access("/proc/vmclock", F_OK) != 0, fd = absent ? -1 : open("/dev/fb0", O_RDWR);
    uint32_t info[40] = {0}; /* width, height, virtual width and height, offsets, bits per pixel */
    struct screen_fixed fixed = {0};
    struct stat status = {0};
    say_true("a screen's two answers",
             absent || (ioctl(fd, SCREEN_GET, info) == 0 && ioctl(fd, FIXED_GET, &fixed) == 0));
    off_t size = (off_t)fixed.length;
    say_true("a character device, major 29",
             absent || (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == 29 << 8));
    say_true("lines hold the pixels", absent || (info[0] >= 320 && fixed.line_length >= info[0] * info[6] / 8));
    say_true("and the memory the lines", absent || size >= (off_t)fixed.line_length * info[1]);
    say_true("pixels stay", absent || pixels_stay(fd, size - LENGTH));
    say_true("nothing to read at the end", absent || pread(fd, bytes, 1, size) == 0);
    say_true("no room to write there", absent || (pwrite(fd, bytes, 4, size) == -1 && errno == ENOSPC));
    say_true("a little room before", absent || pread(fd, bytes, LENGTH, size - 100) == 100);
    say_true("no other question", absent || (ioctl(fd, 0x46ff, info) == -1 && (errno == ENOTTY || errno == EINVAL)));
    if (!absent)
        close(fd);
}

/* A thread's directory is like its process's, but has no threads of its own. */
static void walk(void)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/task/%d/stat", (int)getpid());
    say_result("a thread's state", access(name, F_OK));
    snprintf(name, sizeof name, "/proc/self/task/%d/task", (int)getpid());
    say_result("a thread's threads", access(name, F_OK));
}

int main(void)
{
    device("/dev/null");
    device("/dev/zero");
    device("/dev/full");
    chance("/dev/random");
    chance("/dev/urandom");
    zero_mapped();
    screen();
    walk();
    return 0;
}
