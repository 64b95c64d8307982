/*
 * The first process.  Without arguments it keeps a shell on the console.  As `init exec COMMAND` it is the inside of
 * `make exec`: it runs one command, hands its output to the host over two serial ports, reports its status in the kernel's
 * log, and ends the machine.
 *
 *     /bin/sh -c COMMAND --stdout--> pipe --> init --> /dev/ttyS2 --> host's standard output
 *                        --stderr--> pipe --> init --> /dev/ttyS3 --> host's standard error
 *
 * The pipes make the command see what it would see in a pipeline: no terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <program.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swap_header.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* One direction: a pipe's reading end to a port. */
struct relay {
    int from, to;
    bool ended;
};

enum { RELAYS = 2, COMMAND_MISSING = 127 };

static char *const environment[] = {
    "PATH=/bin:/usr/bin:/sbin:/usr/sbin", "HOME=/root", "TERM=vt100", "USER=root", "SHELL=/bin/sh", NULL};

static int wake[2]; /* a pipe that the signal handler writes to, so that poll sees the death of a child */

static void child_died(int number)
{
    int saved = errno;

    (void)number;
    if (write(wake[1], "", 1) < 0)
        errno = saved;
}

static void log_line(const char *format, int value)
{
    int log = open("/dev/kmsg", O_WRONLY);

    if (log < 0)
        return;
    dprintf(log, format, value);
    close(log);
}

static _Noreturn void power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

/* A serial port that passes every byte as it is. */
static int port_open(const char *path)
{
    struct termios modes;
    int port = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (port >= 0 && !tcgetattr(port, &modes)) {
        cfmakeraw(&modes);
        tcsetattr(port, TCSANOW, &modes);
    }
    return port;
}

static void bytes_write(int to, const char *from, size_t length)
{
    while (length) {
        ssize_t done = write(to, from, length);
        if (done < 0 && errno != EINTR)
            return;
        if (done > 0) {
            from += done;
            length -= (size_t)done;
        }
    }
}

/* Passes on what is there now. The pipe does not block. */
static void relay_run(struct relay *relay)
{
    static char buffer[65536];

    while (!relay->ended) {
        ssize_t length = read(relay->from, buffer, sizeof buffer);
        if (length > 0)
            bytes_write(relay->to, buffer, (size_t)length);
        else if (!length || (errno != EAGAIN && errno != EINTR))
            relay->ended = true;
        else if (errno == EAGAIN)
            return;
    }
}

/* Reaps whatever has died. Returns true, with its status, when the command is among it. */
static bool command_ended(pid_t command, int *status)
{
    bool ended = false;
    pid_t child;
    int result;

    while ((child = waitpid(-1, &result, WNOHANG)) > 0) {
        if (child != command)
            continue;
        *status = WIFSIGNALED(result) ? 128 + WTERMSIG(result) : WEXITSTATUS(result);
        ended = true;
    }
    return ended;
}

static _Noreturn void command_exec(const char *text, const int outputs[RELAYS])
{
    int nothing = open("/dev/null", O_RDONLY);

    setsid();
    dup2(nothing, STDIN_FILENO);
    dup2(outputs[0], STDOUT_FILENO);
    dup2(outputs[1], STDERR_FILENO);
    if (nothing > STDERR_FILENO)
        close(nothing);
    chdir("/");
    execle("/bin/sh", "sh", "-c", text, (char *)NULL, environment);
    _exit(COMMAND_MISSING);
}

/*
 * Relays until both pipes have no writer left, or the command has ended and its output been drained: processes it left
 * behind may keep the pipes open for ever.
 */
static int command_relay(pid_t command, struct relay relays[RELAYS])
{
    int status = COMMAND_MISSING;
    bool ended = false;

    while (!ended || !(relays[0].ended && relays[1].ended)) {
        struct pollfd set[RELAYS + 1] = {{wake[0], POLLIN, 0}};
        for (int i = 0; i < RELAYS; i++)
            set[i + 1] = (struct pollfd){relays[i].ended ? -1 : relays[i].from, POLLIN, 0};
        if (poll(set, RELAYS + 1, ended ? 0 : -1) == 0 && ended)
            break;
        char byte;
        while (read(wake[0], &byte, 1) > 0)
            ;
        ended |= command_ended(command, &status);
        for (int i = 0; i < RELAYS; i++)
            relay_run(&relays[i]);
    }
    return status;
}

static int command_run(const char *text)
{
    static const char *const ports[RELAYS] = {"/dev/ttyS2", "/dev/ttyS3"};
    struct relay relays[RELAYS];
    int outputs[RELAYS];

    for (int i = 0; i < RELAYS; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC))
            return COMMAND_MISSING;
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        relays[i] = (struct relay){.from = ends[0], .to = port_open(ports[i])};
        outputs[i] = ends[1];
    }
    pid_t command = fork();
    if (!command)
        command_exec(text, outputs);
    for (int i = 0; i < RELAYS; i++)
        close(outputs[i]);
    if (command < 0)
        return COMMAND_MISSING;
    int status = command_relay(command, relays);
    for (int i = 0; i < RELAYS; i++)
        tcdrain(relays[i].to);
    return status;
}

static void file_show(const char *path)
{
    char buffer[1024];
    int file = open(path, O_RDONLY);
    ssize_t length;

    while (file >= 0 && (length = read(file, buffer, sizeof buffer)) > 0)
        bytes_write(STDOUT_FILENO, buffer, (size_t)length);
    if (file >= 0)
        close(file);
    else
        dprintf(STDOUT_FILENO, "\nClockhand. `ls /bin` shows the programs, `poweroff` ends the machine.\n\n");
}

/* In the child: its own session, the console as its terminal, a shell. */
static _Noreturn void shell_exec(void)
{
    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    tcsetpgrp(STDIN_FILENO, getpid());
    chdir("/root");
    execle("/bin/sh", "-sh", (char *)NULL, environment);
    dprintf(STDERR_FILENO, "init: /bin/sh: %s\n", strerror(errno));
    sleep(1);
    _exit(COMMAND_MISSING);
}

static void console_open(void)
{
    int console = open("/dev/console", O_RDWR);

    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (console >= 0 && console != i)
            dup2(console, i);
    if (console > STDERR_FILENO)
        close(console);
}

/* For ever: a shell, and the orphans everybody leaves to the first process. */
static _Noreturn void console_serve(void)
{
    for (;;) {
        pid_t shell = fork(), child;
        if (!shell)
            shell_exec();
        if (shell < 0)
            sleep(1);
        do
            child = wait(NULL);
        while (shell > 0 && child != shell && (child > 0 || errno == EINTR));
        dprintf(STDOUT_FILENO, "\n");
    }
}

/* Swaps to the system's own partition, wherever that is. */
static void swap_begin(void)
{
    char paths[4][SWAP_PATH_SIZE];
    int found = swap_find("clockhand-swap", NULL, paths, 4);

    for (int i = 0; i < found; i++)
        (void)swapon(paths[i], 0);
}

int main(int count, char **arguments)
{
    struct sigaction action = {.sa_handler = child_died, .sa_flags = SA_RESTART | SA_NOCLDSTOP};

    program_help(count, arguments,
                 "init [exec COMMAND]\nThe first process: keeps a shell on the console, or runs one command and "
                 "powers off.\nExit status: none, it does not end.");
    swap_begin();
    if (count < 3 || strcmp(arguments[1], "exec")) {
        console_open();
        file_show("/etc/motd");
        console_serve();
    }
    pipe2(wake, O_CLOEXEC | O_NONBLOCK);
    sigaction(SIGCHLD, &action, NULL);
    log_line("exec: status %d\n", command_run(arguments[2]));
    power_off();
}
