/* stty: the terminal's modes. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const char help[] =
    "stty [-a] [size] [raw|cooked|sane] [[-]MODE...]\nShows or changes the modes of the terminal at standard input.";

enum part { INPUT, OUTPUT, LOCAL };

static const struct mode {
    const char *name;
    enum part part;
    tcflag_t flag;
} modes[] = {
    {"brkint", INPUT, BRKINT}, {"ignpar", INPUT, IGNPAR}, {"inlcr", INPUT, INLCR},   {"igncr", INPUT, IGNCR},
    {"icrnl", INPUT, ICRNL},   {"ixon", INPUT, IXON},     {"ixoff", INPUT, IXOFF},   {"opost", OUTPUT, OPOST},
    {"onlcr", OUTPUT, ONLCR},  {"isig", LOCAL, ISIG},     {"icanon", LOCAL, ICANON}, {"iexten", LOCAL, IEXTEN},
    {"echo", LOCAL, ECHO},     {"echoe", LOCAL, ECHOE},   {"echok", LOCAL, ECHOK},   {"echoctl", LOCAL, ECHOCTL},
    {"noflsh", LOCAL, NOFLSH}, {"tostop", LOCAL, TOSTOP},
};

enum { MODES = sizeof modes / sizeof modes[0] };

static tcflag_t *part_of(struct termios *terminal, enum part part)
{
    return part == INPUT ? &terminal->c_iflag : part == OUTPUT ? &terminal->c_oflag : &terminal->c_lflag;
}

static void modes_print(struct termios *terminal)
{
    struct winsize size = {0};

    ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    printf("rows %d; columns %d;\n", size.ws_row, size.ws_col);
    for (int i = 0; i < MODES; i++)
        printf("%s%s%s", *part_of(terminal, modes[i].part) & modes[i].flag ? "" : "-", modes[i].name,
               i + 1 < MODES && modes[i + 1].part == modes[i].part ? " " : "\n");
}

static void sane_set(struct termios *terminal)
{
    terminal->c_iflag |= ICRNL | IXON | BRKINT;
    terminal->c_oflag |= OPOST | ONLCR;
    terminal->c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL;
    terminal->c_cc[VMIN] = 1;
    terminal->c_cc[VTIME] = 0;
}

static bool mode_set(struct termios *terminal, const char *name)
{
    bool off = *name == '-';

    for (int i = 0; i < MODES; i++) {
        if (strcmp(modes[i].name, name + off))
            continue;
        tcflag_t *part = part_of(terminal, modes[i].part);
        *part = off ? *part & ~modes[i].flag : *part | modes[i].flag;
        return true;
    }
    return false;
}

int main(int count, char **arguments)
{
    struct termios terminal;
    struct winsize size;

    program_help(count, arguments, help);
    if (tcgetattr(STDIN_FILENO, &terminal))
        err(1, "standard input");
    if (count < 2 || !strcmp(arguments[1], "-a")) {
        modes_print(&terminal);
        return program_end(0);
    }
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "size") && !ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
            printf("%d %d\n", size.ws_row, size.ws_col);
        else if (!strcmp(arguments[i], "raw"))
            cfmakeraw(&terminal);
        else if (!strcmp(arguments[i], "sane") || !strcmp(arguments[i], "cooked"))
            sane_set(&terminal);
        else if (!mode_set(&terminal, arguments[i]))
            errx(1, "invalid argument '%s'", arguments[i]);
    }
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal))
        err(1, "standard input");
    return program_end(0);
}
