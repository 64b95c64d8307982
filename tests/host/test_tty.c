/*
 * The line discipline: fixed cases, and random typing compared byte by byte with the host's own pseudo-terminals.
 *
 * Links: kernel/dev/tty_line.c kernel/dev/tty_edit.c kernel/dev/tty_output.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/dev/tty_line.h"
#include "tests/host/support/tap.h"

/* <sys/ioctl.h> would define what kernel/abi/termios.h does. */
extern int ioctl(int file, unsigned long command, ...);

enum { SIGNAL_INTERRUPT = 2, SIGNAL_QUIT = 3, SIGNAL_STOP = 20, ROUNDS = 4000, TYPED_MAX = 60 };

static struct tty_line line;

static int type(const char *text)
{
    int signal = 0;
    for (; *text != '\0'; text++) {
        int typed = tty_line_input(&line, (uint8_t)*text);
        signal = typed != 0 ? typed : signal;
    }
    return signal;
}

static bool reads(const char *wanted, size_t size)
{
    uint8_t buffer[256];
    size_t count = tty_line_read(&line, buffer, size);
    return count == strlen(wanted) && memcmp(buffer, wanted, count) == 0;
}

static bool shows(const char *wanted)
{
    uint8_t buffer[TTY_RING];
    size_t count = tty_line_take(&line, buffer, sizeof(buffer));
    return count == strlen(wanted) && memcmp(buffer, wanted, count) == 0;
}

static void change_local(uint32_t on, uint32_t off)
{
    struct linux_termios modes = line.modes;
    modes.c_lflag = (modes.c_lflag | on) & ~off;
    tty_line_set_modes(&line, &modes);
}

static void test_lines(void)
{
    tty_line_init(&line);
    type("ab");
    check(!tty_line_is_readable(&line, 1), "half a line is not readable");
    type("c\rde\n");
    check(tty_line_is_readable(&line, 1) && tty_line_waiting(&line) == 7,
          "a line is readable after CR, which counts as NL");
    check(shows("abc\r\nde\r\n"), "typing is echoed, NL as CR NL");
    check(reads("ab", 2) && reads("c\n", 10), "a line is read in pieces, no further than its end");
    check(reads("de\n", 100) && !tty_line_is_readable(&line, 1), "then the next line");
}

static void test_end_of_file(void)
{
    tty_line_init(&line);
    type("\004");
    check(tty_line_is_readable(&line, 1) && reads("", 10) && !tty_line_is_readable(&line, 1),
          "^D alone is end of file");
    type("abc\004");
    check(tty_line_waiting(&line) == 3 && reads("abc", 10) && !tty_line_is_readable(&line, 1),
          "^D behind text sends it");
    type("abc\004");
    check(reads("abc", 3) && !tty_line_is_readable(&line, 1), "a buffer filled up to ^D takes ^D along");
    check(shows("abcabc"), "^D is not echoed");
}

static void test_editing(void)
{
    tty_line_init(&line);
    type("abx\177c\n");
    check(shows("abx\b \bc\r\n") && reads("abc\n", 99), "erase");
    type("one two  \027\027three\n");
    check(reads("three\n", 99), "word erase");
    (void)shows("");
    type("\003");
    type("a\tb\177\177c\n");
    check(reads("ac\n", 99), "erase a tab");
    type("junk\025ok\n");
    check(reads("ok\n", 99), "kill");
    type("a\026\003b\n");
    check(reads("a\003b\n", 99), "literal next");
    type("\303\244\177x\n");
    check(reads("x\n", 99), "erase takes all bytes of a character");
    tty_line_flush_output(&line);
    type("ab\022c\n");
    check(shows("ab^R\r\nabc\r\n") && reads("abc\n", 99), "reprint");
}

static void test_signals(void)
{
    tty_line_init(&line);
    check(type("abc\003") == SIGNAL_INTERRUPT, "^C");
    check(type("d\n") == 0 && reads("d\n", 99), "^C throws the line away");
    check(type("\034") == SIGNAL_QUIT && type("\032") == SIGNAL_STOP, "^\\ and ^Z");
    change_local(NOFLSH, 0);
    type("ab\003c\n");
    check(reads("abc\n", 99), "NOFLSH keeps the line");
    change_local(0, ISIG);
    check(type("\003\n") == 0 && reads("\003\n", 99), "without ISIG ^C is a character");
}

static void test_flow(void)
{
    tty_line_init(&line);
    type("\023");
    check(tty_line_write(&line, (const uint8_t *)"hello", 5) == 5 && shows("") && !tty_line_may_take(&line),
          "^S stops output");
    type("\021");
    check(shows("hello"), "^Q sets it free");
    type("\023");
    type("\003");
    check(tty_line_may_take(&line) && shows("^C"), "^C sets it free, too");
}

static void test_raw(void)
{
    tty_line_init(&line);
    change_local(0, ICANON | ECHO | ISIG | IEXTEN);
    type("ab\003\177");
    check(tty_line_is_readable(&line, 4) && !tty_line_is_readable(&line, 5), "raw: bytes count");
    check(reads("ab\003\177", 99) && shows(""), "raw: bytes come as they are");
    type("left over");
    change_local(ICANON, 0);
    check(tty_line_is_readable(&line, 1) && reads("left over", 99), "back to lines: what was there is a line");
    type("half");
    change_local(0, ICANON);
    check(reads("half", 99), "to raw: the line under way can be read");
}

static void test_output(void)
{
    tty_line_init(&line);
    tty_line_write(&line, (const uint8_t *)"a\nb", 3);
    check(shows("a\r\nb"), "ONLCR");
    line.modes.c_oflag |= XTABS;
    tty_line_write(&line, (const uint8_t *)"\tx", 2);
    check(shows("       x"), "tabs become spaces");
    line.modes.c_oflag &= ~(uint32_t)OPOST;
    tty_line_write(&line, (const uint8_t *)"\n\t", 2);
    check(shows("\n\t"), "without OPOST nothing changes");
    static uint8_t many[2 * TTY_RING];
    check(tty_line_write(&line, many, sizeof(many)) == TTY_RING && !tty_line_is_writable(&line),
          "a full ring takes no more");
    tty_line_flush_output(&line);
    check(tty_line_is_writable(&line) && tty_line_output_waiting(&line) == 0, "flush");
}

static void test_full(void)
{
    tty_line_init(&line);
    change_local(0, ECHO);
    for (unsigned i = 0; i < 2 * TTY_RING; i++)
        tty_line_input(&line, 'x');
    check(!tty_line_is_readable(&line, 1), "a line too long is not readable");
    type("\n");
    check(tty_line_waiting(&line) == TTY_RING, "but it can be ended");
    type("\177\025\027\n\004");
    check(tty_line_waiting(&line) == TTY_RING, "and nothing more fits");
    uint8_t buffer[TTY_RING];
    check(tty_line_read(&line, buffer, sizeof(buffer)) == TTY_RING && buffer[TTY_RING - 1] == '\n', "read back");
}

/* --- against the host --- */

/* The host's struct termios as the kernel has it. */
static int host_modes(int slave, struct linux_termios *modes, bool set)
{
    return ioctl(slave, set ? TCSETS : TCGETS, modes);
}

static void random_modes(struct linux_termios *modes)
{
    static const uint32_t locals[] = {ECHO, ECHOE, ECHOK, ECHOKE, ECHOCTL, ECHONL, NOFLSH, IEXTEN, ISIG};
    modes->c_lflag = ICANON | ISIG;
    for (unsigned i = 0; i < ARRAY_LENGTH(locals); i++) {
        if (random_below(4) != 0)
            modes->c_lflag |= locals[i];
    }
    /* Where NL does not lead to column 0, or CR is echoed, the host loses count of the columns; we need not do the same. */
    modes->c_iflag = ICRNL | (random_below(3) ? IUTF8 : 0) | (random_below(5) ? 0 : IGNCR);
    modes->c_oflag = OPOST | ONLCR | (random_below(4) ? 0 : ONOCR) | (random_below(4) ? 0 : ONLRET) |
                     (random_below(4) ? 0 : XTABS);
    modes->c_cc[VEOL] = random_below(3) ? 0 : '!';
    modes->c_cc[VEOL2] = random_below(3) ? 0 : '?';
}

/* Typing without ^D (an end of file is not data) and ended by NL, so that a read returns when all has been processed. */
static size_t random_typing(uint8_t *typed, bool signals)
{
    /* The last two make signals. What the host shows of echo that they throw away depends on time, so then they are left out. */
    static const char often[] = "ab c_\t\177\177\027\025\026\022\r\303\244\001\033!?\003\034";
    size_t count = random_below(TYPED_MAX);
    for (size_t i = 0; i < count; i++)
        typed[i] = random_below(5) ? (uint8_t)often[random_below(sizeof(often) - (signals ? 1 : 3))]
                                   : (uint8_t)(32 + random_below(95));
    typed[count++] = 'z'; /* in case of a literal next */
    typed[count++] = '\n';
    return count;
}

static size_t read_all(int file, uint8_t *buffer, size_t size)
{
    size_t total = 0;
    for (;;) {
        ssize_t count = read(file, buffer + total, size - total);
        if (count <= 0)
            return total;
        total += (size_t)count;
    }
}

struct outcome {
    uint8_t input[4096], echo[4096];
    size_t input_count, echo_count;
};

/* What the host makes of the typing: waits until the last NL has arrived, then all has. */
static bool host_outcome(int master, int slave, const struct linux_termios *modes, const uint8_t *typed, size_t count,
                         struct outcome *outcome)
{
    struct linux_termios copy = *modes;
    memset(outcome, 0, sizeof(*outcome));
    ioctl(slave, TCFLSH, 2);
    if (host_modes(slave, &copy, true) != 0 || write(master, typed, count) != (ssize_t)count)
        return false;
    while (outcome->input_count == 0 || outcome->input[outcome->input_count - 1] != '\n') {
        struct pollfd poll_for = {.fd = slave, .events = POLLIN};
        if (poll(&poll_for, 1, 5000) <= 0)
            return false;
        outcome->input_count += read_all(slave, outcome->input + outcome->input_count, 1024);
    }
    outcome->echo_count = read_all(master, outcome->echo, sizeof(outcome->echo));
    return true;
}

static void our_outcome(const struct linux_termios *modes, const uint8_t *typed, size_t count, struct outcome *outcome)
{
    memset(outcome, 0, sizeof(*outcome));
    tty_line_init(&line);
    tty_line_set_modes(&line, modes);
    for (size_t i = 0; i < count; i++)
        tty_line_input(&line, typed[i]);
    while (tty_line_is_readable(&line, 1))
        outcome->input_count += tty_line_read(&line, outcome->input + outcome->input_count, 1024);
    outcome->echo_count = tty_line_take(&line, outcome->echo, sizeof(outcome->echo));
}

static void print_bytes(const char *what, const uint8_t *bytes, size_t count)
{
    printf("# %s:", what);
    for (size_t i = 0; i < count; i++)
        printf(bytes[i] >= 32 && bytes[i] < 127 ? " %c" : " %02x", bytes[i]);
    printf("\n");
}

static bool outcomes_agree(const struct outcome *ours, const struct outcome *hosts)
{
    return ours->input_count == hosts->input_count && memcmp(ours->input, hosts->input, ours->input_count) == 0 &&
           ours->echo_count == hosts->echo_count && memcmp(ours->echo, hosts->echo, ours->echo_count) == 0;
}

static bool round_agrees(int master, const char *name)
{
    static struct outcome ours, hosts;
    uint8_t typed[TYPED_MAX + 2];
    struct linux_termios modes;
    int slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (slave < 0 || host_modes(slave, &modes, false) != 0)
        return false;
    random_modes(&modes);
    size_t count = random_typing(typed, (modes.c_lflag & NOFLSH) != 0);
    bool answered = host_outcome(master, slave, &modes, typed, count, &hosts);
    our_outcome(&modes, typed, count, &ours);
    close(slave);
    if (answered && outcomes_agree(&ours, &hosts))
        return true;
    printf("# iflag %#x oflag %#x lflag %#x\n", modes.c_iflag, modes.c_oflag, modes.c_lflag);
    print_bytes("typed", typed, count);
    print_bytes("our input", ours.input, ours.input_count);
    print_bytes("host's", hosts.input, hosts.input_count);
    print_bytes("our echo", ours.echo, ours.echo_count);
    print_bytes("host's", hosts.echo, hosts.echo_count);
    return false;
}

static void test_against_host(void)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < ROUNDS && bad < 3; i++) {
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
            printf("ok %u - typing as on the host # SKIP no pseudo-terminals here\n", ++checks);
            return;
        }
        if (!round_agrees(master, ptsname(master)))
            bad++;
        close(master);
    }
    check(bad == 0, "random typing does what it does on the host");
}

int main(void)
{
    test_lines();
    test_end_of_file();
    test_editing();
    test_signals();
    test_flow();
    test_raw();
    test_output();
    test_full();
    test_against_host();
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
