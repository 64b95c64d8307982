/*
 * Terminals between threads: readers that wait for lines, for bytes and for time, writers that wait for room. The line discipline itself is
 * tested on the host.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/abi/poll.h"
#include "kernel/dev/tty.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"

#define MILLISECOND (NS_PER_SECOND / 1000)

static struct tty tty;
static bool device_takes; /* whether the device shows what is written */
static uint8_t shown[2 * TTY_RING];
static size_t shown_count;

static void device_start(struct tty *of)
{
    uint8_t bytes[64];
    size_t count;
    while (device_takes && (count = tty_take(of, bytes, sizeof(bytes))) > 0) {
        for (size_t i = 0; i < count; i++)
            shown[shown_count++ % sizeof(shown)] = bytes[i];
    }
}

static const struct tty_driver device = {.start = device_start};

static void fresh(void)
{
    memset(&tty, 0, sizeof(tty));
    tty_init(&tty, "test", 0);
    tty.driver = &device;
    device_takes = true;
    shown_count = 0;
}

static void type(const char *text)
{
    tty_receive(&tty, (const uint8_t *)text, strlen(text));
}

static ssize_t read_into(char *buffer, size_t size, bool nonblocking)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, size, true);
    return tty_read(&tty, &uio, nonblocking);
}

static ssize_t write_from(const char *text, size_t size, bool nonblocking)
{
    struct uio uio;
    uio_init_kernel(&uio, (char *)text, size, false);
    return tty_write(&tty, &uio, nonblocking);
}

/* Raw mode with these MIN and TIME. */
static void go_raw(uint8_t minimum, uint8_t tenths)
{
    struct linux_termios modes = tty.line.modes;
    modes.c_lflag = 0;
    modes.c_cc[VMIN] = minimum;
    modes.c_cc[VTIME] = tenths;
    spin_lock(&tty.lock);
    tty_line_set_modes(&tty.line, &modes);
    spin_unlock(&tty.lock);
}

/* A second thread that types, after a while, what it is told. */
struct typist {
    const char *text;
    _Atomic bool done;
};

static void type_later(void *argument)
{
    struct typist *typist = argument;
    (void)thread_sleep_until(time_now() + 30 * MILLISECOND, false);
    for (const char *at = typist->text; *at != '\0'; at++) {
        tty_receive(&tty, (const uint8_t *)at, 1);
        (void)thread_sleep_until(time_now() + MILLISECOND, false);
    }
    atomic_store(&typist->done, true);
}

static void typist_start(struct typist *typist)
{
    KTEST_EXPECT(thread_create_kernel("typist", type_later, typist) != NULL);
}

static void typist_wait(struct typist *typist)
{
    while (!atomic_load(&typist->done))
        (void)thread_sleep_until(time_now() + MILLISECOND, false);
}

KTEST(tty, gives_lines_and_echoes)
{
    char buffer[64];
    fresh();
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), true) == -EAGAIN);
    type("one\rtw");
    KTEST_EXPECT((tty_poll(&tty) & (POLLIN | POLLOUT)) == (POLLIN | POLLOUT));
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), true) == 4 && memcmp(buffer, "one\n", 4) == 0);
    KTEST_EXPECT((tty_poll(&tty) & POLLIN) == 0);
    type("o\177\177\004");
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), true) == 1 && buffer[0] == 't');
    type("\004");
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), true) == 0);
    KTEST_EXPECT(shown_count == 14 && memcmp(shown, "one\r\ntwo\b \b\b \b", 14) == 0);
}

KTEST(tty, waits_for_a_line)
{
    char buffer[64];
    struct typist typist = {.text = "hello\n"};
    fresh();
    typist_start(&typist);
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), false) == 6 && memcmp(buffer, "hello\n", 6) == 0);
    typist_wait(&typist);
}

KTEST(tty, waits_for_min_bytes)
{
    char buffer[64];
    struct typist typist = {.text = "12345"};
    fresh();
    go_raw(5, 0);
    typist_start(&typist);
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), false) == 5 && memcmp(buffer, "12345", 5) == 0);
    typist_wait(&typist);
    type("6");
    KTEST_EXPECT(read_into(buffer, 1, false) == 1 && buffer[0] == '6');
}

KTEST(tty, waits_for_time)
{
    char buffer[64];
    fresh();
    go_raw(0, 0);
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), false) == 0);
    go_raw(0, 1);
    uint64_t before = time_now();
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), false) == 0 && time_now() - before >= 100 * MILLISECOND);
    go_raw(10, 1);
    type("ab");
    KTEST_EXPECT(read_into(buffer, sizeof(buffer), false) == 2);
    struct typist typist = {.text = "xyz"};
    typist_start(&typist);
    for (ssize_t count, done = 0; done < 3; done += count) { /* more than one read, if the typist is slower than TIME */
        count = read_into(buffer, sizeof(buffer), false);
        KTEST_EXPECT(count > 0 && memcmp(buffer, typist.text + done, (size_t)count) == 0);
        if (count <= 0)
            break;
    }
    typist_wait(&typist);
}

/* A second thread that lets the device go on. */
static void take_later(void *argument)
{
    _Atomic bool *done = argument;
    (void)thread_sleep_until(time_now() + 30 * MILLISECOND, false);
    spin_lock(&tty.lock);
    device_takes = true;
    device_start(&tty);
    spin_unlock(&tty.lock);
    atomic_store(done, true);
}

KTEST(tty, writers_wait_for_room)
{
    static char many[TTY_RING + 1000];
    _Atomic bool done = false;
    fresh();
    device_takes = false;
    memset(many, 'x', sizeof(many));
    KTEST_EXPECT(write_from(many, sizeof(many), true) == TTY_RING);
    KTEST_EXPECT(write_from(many, sizeof(many), true) == -EAGAIN && (tty_poll(&tty) & POLLOUT) == 0);
    KTEST_EXPECT(thread_create_kernel("taker", take_later, (void *)&done) != NULL);
    KTEST_EXPECT(write_from(many, 1000, false) == 1000);
    KTEST_EXPECT(tty_drain(&tty) == 0 && shown_count == TTY_RING + 1000);
    while (!atomic_load(&done))
        (void)thread_sleep_until(time_now() + MILLISECOND, false);
}

KTEST(tty, stops_and_goes_on)
{
    fresh();
    type("\023");
    KTEST_EXPECT(write_from("hello", 5, false) == 5 && shown_count == 0);
    type("\021");
    KTEST_EXPECT(shown_count == 5 && memcmp(shown, "hello", 5) == 0);
}
