/* Pseudo-terminals: both sides, lines and raw bytes, special characters, modes, readiness, hanging up. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/user/asleep.h"
#include "tests/user/say.h"

#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#define TIOCSPTLCK 0x40045431
#endif

static int master, slave;
static char slave_name[32];

/* Bytes as text: control characters as ^X. */
static void say_bytes(const char *what, const char *bytes, long count)
{
    char text[400];
    size_t length = 0;
    for (long i = 0; i < count && length < sizeof(text) - 3; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 32 || byte == 127) {
            text[length++] = '^';
            byte ^= 64;
        }
        text[length++] = (char)byte;
    }
    text[length] = '\0';
    if (count < 0)
        say_result(what, count);
    else
        say("%s: %ld \"%s\"", what, count, text);
}

static int readable_within(int file, int milliseconds)
{
    struct pollfd for_input = {.fd = file, .events = POLLIN};
    return poll(&for_input, 1, milliseconds) > 0;
}

/* What the slave has shown: waits long for as many bytes as are expected, and a little for more. */
static void say_shown(const char *what, long expected)
{
    char buffer[400];
    long count = 0;
    while (readable_within(master, count < expected ? 10000 : 50)) {
        long more = read(master, buffer + count, sizeof(buffer) - (size_t)count);
        if (more <= 0)
            break;
        count += more;
    }
    say_bytes(what, buffer, count);
}

static void type(const char *text)
{
    if (write(master, text, strlen(text)) != (long)strlen(text))
        say("typing failed: %d", errno);
    usleep(20000);
}

static void say_read(const char *what, size_t size)
{
    char buffer[300];
    if (!readable_within(slave, 10000)) {
        say("%s: nothing to read", what);
        return;
    }
    say_bytes(what, buffer, read(slave, buffer, size));
}

static void say_nothing(const char *what)
{
    say("%s: %s to read", what, readable_within(slave, 100) ? "SOMETHING" : "nothing");
}

static void change(tcflag_t input_off, tcflag_t input_on, tcflag_t output_off, tcflag_t output_on, tcflag_t local_off,
                   tcflag_t local_on)
{
    struct termios modes;
    tcgetattr(slave, &modes);
    modes.c_iflag = (modes.c_iflag & ~input_off) | input_on;
    modes.c_oflag = (modes.c_oflag & ~output_off) | output_on;
    modes.c_lflag = (modes.c_lflag & ~local_off) | local_on;
    say_result("tcsetattr", tcsetattr(slave, TCSANOW, &modes));
}

static void set_character(unsigned index, cc_t value)
{
    struct termios modes;
    tcgetattr(slave, &modes);
    modes.c_cc[index] = value;
    tcsetattr(slave, TCSANOW, &modes);
}

static void opening(void)
{
    int number = -1, zero = 0;
    struct termios modes;
    struct winsize size = {1, 1, 1, 1};
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    say_true("master opened", master >= 0);
    say_result("number", ioctl(master, TIOCGPTN, &number));
    snprintf(slave_name, sizeof(slave_name), "/dev/pts/%d", number);
    say_result("slave while locked", open(slave_name, O_RDWR | O_NOCTTY));
    say_result("unlock", ioctl(master, TIOCSPTLCK, &zero));
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    say_true("slave opened", slave >= 0);
    say_true("both are terminals", isatty(master) && isatty(slave));
    say_result("modes", tcgetattr(slave, &modes));
    say("%#x %#x %#x %#x", modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
    for (int i = 0; i < 17; i++)
        say("character %d: %d", i, modes.c_cc[i]);
    say_result("window", ioctl(slave, TIOCGWINSZ, &size));
    say("%d %d %d %d", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
    size = (struct winsize){24, 80, 640, 480};
    say_result("set window", ioctl(master, TIOCSWINSZ, &size));
    size.ws_row = 0;
    say_result("window", ioctl(slave, TIOCGWINSZ, &size));
    say("%d %d %d %d", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
}

static void lines(void)
{
    int waiting = -1;
    type("half");
    say_nothing("half a line");
    type(" a line\nand another\n");
    (void)readable_within(slave, 10000);
    say_result("FIONREAD", ioctl(slave, FIONREAD, &waiting));
    say("%d", waiting);
    say_read("a piece", 4);
    say_read("the rest of the line", 100);
    say_read("the next line", 100);
    say_shown("echo", 26);
    type("abc\177\177x\n");
    say_read("erased", 100);
    say_shown("erasing", 12);
    type("one two\027three\n");
    say_read("word erased", 100);
    say_shown("erasing a word", 23);
    type("no\025yes\n");
    say_read("killed", 100);
    say_shown("killing", 13);
    type("a\026\003b\n");
    say_read("literal", 100);
    say_shown("showing ^C", 8);
    type("part\004");
    say_read("sent without a newline", 100);
    type("\004");
    say_read("end of file", 100);
    type("cr\r");
    say_read("CR is NL", 100);
    say_shown("echo", 8);
}

/* Writes in a child, as it may have to wait (on Linux a stopped pseudo-terminal takes nothing, other terminals do). */
static pid_t write_in_child(const char *text)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(write(slave, text, strlen(text)) != (long)strlen(text));
    return pid;
}

static void say_end(const char *what, pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    say("%s: status %#x", what, status);
}

static void flow(void)
{
    change(0, 0, 0, 0, ECHO, 0);
    type("\023mark\n"); /* the line behind it shows that it has arrived */
    say_read("after ^S", 100);
    change(0, 0, 0, 0, 0, ECHO);
    pid_t pid = write_in_child("waits");
    asleep_await(pid); /* in its write; or it has ended */
    say_true("nothing is shown", !readable_within(master, 100));
    type("\021");
    say_end("writer", pid);
    say_shown("after ^Q", 5);
    say_result("TCOOFF", tcflow(slave, TCOOFF));
    pid = write_in_child("again");
    asleep_await(pid); /* in its write; or it has ended */
    say_true("nothing is shown", !readable_within(master, 100));
    say_result("TCOON", tcflow(slave, TCOON));
    say_end("writer", pid);
    say_shown("after TCOON", 5);
    type("thrown away\n");
    (void)readable_within(slave, 10000);
    say_result("TCIFLUSH", tcflush(slave, TCIFLUSH));
    say_nothing("after the flush");
    say_shown("echo", 13);
    say_result("bad queue", ioctl(slave, TCFLSH, 3));
    say_result("bad flow", ioctl(slave, TCXONC, 9));
}

static void output(void)
{
    say_result("write", write(slave, "a\nb\tc\r", 6));
    say_shown("ONLCR", 7);
    change(0, 0, ONLCR, OCRNL, 0, 0);
    say_result("write", write(slave, "a\nb\r", 4));
    say_shown("OCRNL", 4);
    change(0, 0, OPOST, 0, 0, 0);
    say_result("write", write(slave, "a\nb\r", 4));
    say_shown("no OPOST", 4);
    change(0, 0, OCRNL, OPOST | ONLCR, 0, 0);
    say_result("write", write(slave, "unread", 6));
    say_result("tcdrain does not wait for a reader", tcdrain(slave));
    say_shown("unread", 6);
}

static void raw(void)
{
    char buffer[20];
    change(ICRNL | IXON, 0, 0, 0, ICANON | ECHO | ISIG | IEXTEN, 0);
    type("\003\r\021x");
    say_read("raw bytes", 100);
    say_shown("no echo", 0);
    set_character(VMIN, 3);
    type("ab");
    say_true("poll waits for MIN", !readable_within(slave, 50));
    type("c");
    say_read("MIN 3", 100);
    set_character(VMIN, 0);
    say_bytes("MIN 0 TIME 0", buffer, read(slave, buffer, sizeof(buffer)));
    set_character(VTIME, 1);
    say_bytes("MIN 0 TIME 1", buffer, read(slave, buffer, sizeof(buffer)));
    set_character(VMIN, 5);
    type("de");
    say_bytes("MIN 5 TIME 1", buffer, read(slave, buffer, sizeof(buffer)));
    set_character(VMIN, 1);
    set_character(VTIME, 0);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    say_bytes("nothing there", buffer, read(slave, buffer, sizeof(buffer)));
    fcntl(slave, F_SETFL, 0);
    type("pending");
    (void)readable_within(slave, 10000);
    change(0, ICRNL | IXON, 0, 0, 0, ICANON | ECHO | ISIG | IEXTEN);
    say_read("back to lines", 100);
    change(ICRNL, INLCR, 0, 0, 0, 0);
    type("x\n");
    say_shown("NL is CR", 3);
    say_true("NL is CR and ends nothing", !readable_within(slave, 50));
    change(INLCR, IGNCR | ICRNL, 0, 0, 0, 0);
    type("\r\n");
    say_read("CR ignored", 100);
    change(IGNCR, 0, 0, 0, ECHO, ECHONL);
    type("silent\n");
    say_read("silent", 100);
    say_shown("only NL is echoed", 4);
    change(0, 0, 0, 0, ECHONL, ECHO);
}

static void say_poll(const char *what, int file)
{
    struct pollfd entry = {.fd = file, .events = POLLIN | POLLOUT | POLLPRI};
    poll(&entry, 1, 50);
    say("%s: %#x", what, entry.revents);
}

static void errors(void)
{
    struct termios modes;
    int null = open("/dev/null", O_RDWR), group = 0;
    say_result("modes of no terminal", tcgetattr(null, &modes));
    say_result("group without control", ioctl(slave, TIOCGPGRP, &group));
    say_result("session without control", ioctl(slave, TIOCGSID, &group));
    say_result("set group without control", ioctl(slave, TIOCSPGRP, &group));
    say_result("bad pointer", ioctl(slave, TCGETS, (void *)1));
    say_result("unknown request", ioctl(slave, 0x54ff, 0));
    say_result("seek", lseek(slave, 0, SEEK_SET));
    close(null);
}

static void hanging_up(void)
{
    char buffer[20];
    say_poll("master idle", master);
    say_poll("slave idle", slave);
    say_result("last words", write(slave, "bye", 3));
    close(slave);
    say_bytes("last words", buffer, read(master, buffer, sizeof(buffer)));
    say_bytes("then", buffer, read(master, buffer, sizeof(buffer)));
    say_poll("master without slave", master);
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    say_true("slave opened again", slave >= 0);
    type("hello\n");
    say_read("works again", 100);
    close(master);
    say_bytes("slave without master", buffer, read(slave, buffer, sizeof(buffer)));
    say_result("write", write(slave, "x", 1));
    say_poll("slave without master", slave);
    say_result("modes", ioctl(slave, TCGETS, buffer));
    say_result("slave by name", open(slave_name, O_RDWR | O_NOCTTY));
    close(slave);
}

int main(void)
{
    signal(SIGHUP, SIG_IGN);
    opening();
    lines();
    flow();
    output();
    raw();
    errors();
    hanging_up();
    return 0;
}
