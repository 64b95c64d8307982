/* xargs: runs a command with arguments that come from standard input. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "xargs [-n MOST] [COMMAND [ARGUMENT...]]\nRuns COMMAND (echo) with the words of standard "
    "input behind its arguments.\n"
    "Exit status: 0, 123 if COMMAND failed, 125 if it was killed, 126 if it cannot be run, 127 if it is not there.";

enum { WORDS_MOST = 4096, BYTES_MOST = 65536 };

static char *words[WORDS_MOST];
static size_t fixed, used, bytes;

/* The next word, quotes and backslashes taken off; NULL at the end. */
static char *word_read(void)
{
    static char word[BYTES_MOST];
    size_t length = 0;
    int byte, quote = 0;

    while (isspace(byte = getchar()))
        ;
    if (byte == EOF)
        return NULL;
    for (; byte != EOF && (quote || !isspace(byte)); byte = getchar()) {
        if (quote ? byte == quote : byte == '\'' || byte == '"')
            quote = quote ? 0 : byte;
        else if (length + 1 < sizeof word)
            word[length++] = (char)(byte == '\\' && !quote ? getchar() : byte);
    }
    word[length] = 0;
    return strdup(word);
}

static int command_run(void)
{
    int status;

    words[used] = NULL;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        execvp(words[0], words);
        warn("%s", words[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        err(1, NULL);
    while (used > fixed)
        free(words[--used]);
    bytes = 0;
    if (WIFSIGNALED(status))
        return 125;
    return WEXITSTATUS(status) > 125 ? WEXITSTATUS(status) : WEXITSTATUS(status) ? 123 : 0;
}

int main(int count, char **arguments)
{
    static char echo[] = "echo";
    size_t most = WORDS_MOST;
    int letter, result = 0;
    bool ran = false;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "+n:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        most = strtoul(optarg, NULL, 10);
    }
    for (; arguments[optind] && fixed < WORDS_MOST / 2; optind++)
        words[fixed++] = arguments[optind];
    if (!fixed)
        words[fixed++] = echo;
    used = fixed;
    for (char *word; (word = word_read());) {
        words[used++] = word;
        bytes += strlen(word) + 1;
        if (used - fixed < most && used + 1 < WORDS_MOST && bytes < BYTES_MOST / 2)
            continue;
        int status = command_run();
        result = status ? status : result;
        ran = true;
    }
    if (used > fixed || !ran) {
        int status = command_run();
        result = status ? status : result;
    }
    return result;
}
