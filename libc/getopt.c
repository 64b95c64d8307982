/* Reading a command's options: short ones, which must come first (POSIX), and long ones, which need not (GNU). */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *optarg;
int optind = 1;
int opterr = 1;
int optopt;

static int position; /* within a group such as -abc */

/* A colon before the letters, but behind a +: no messages, and ':' for an argument that is missing. */
static bool is_quiet(const char *letters)
{
    return letters[*letters == '+'] == ':';
}

static int option_complain(const char *program, const char *letters, const char *message, int letter)
{
    optopt = letter;
    if (is_quiet(letters))
        return message[0] == 'o' ? ':' : '?';
    if (opterr)
        fprintf(stderr, "%s: %s -- '%c'\n", program, message, letter);
    return '?';
}

int getopt(int count, char *const arguments[], const char *letters)
{
    if (!optind)
        optind = 1, position = 0;
    if (optind >= count || !arguments[optind] || arguments[optind][0] != '-' || !arguments[optind][1])
        return -1;
    if (!strcmp(arguments[optind], "--")) {
        optind++;
        return -1;
    }
    char letter = arguments[optind][++position];
    const char *found = letter == ':' ? NULL : strchr(letters + (*letters == '+'), letter);
    char *rest = arguments[optind] + position + 1;
    if (!*rest || (found && found[1] == ':')) {
        optind++;
        position = 0;
    }
    if (!found)
        return option_complain(arguments[0], letters, "invalid option", letter);
    optarg = NULL;
    if (found[1] != ':')
        return letter;
    if (*rest)
        optarg = rest;
    else if (found[2] != ':' && optind >= count)
        return option_complain(arguments[0], letters, "option requires an argument", letter);
    else if (found[2] != ':')
        optarg = arguments[optind++];
    return letter;
}

/* The option whose name is or uniquely begins with the given one. */
static const struct option *name_find(const struct option *names, const char *wanted, size_t length)
{
    const struct option *found = NULL;

    for (; names->name; names++) {
        if (strncmp(names->name, wanted, length))
            continue;
        if (!names->name[length])
            return names;
        if (found)
            return NULL;
        found = names;
    }
    return found;
}

/* About the long option at *word, "--name=value" or "--name"; `option` is the one meant, NULL if there is none. */
static int name_complain(char *const *word, const char *program, const char *letters, const char *message,
                         const struct option *option)
{
    if (opterr && !is_quiet(letters))
        fprintf(stderr, "%s: %s '%.*s'\n", program, message, (int)strcspn(*word, "="), *word);
    optopt = option ? option->val : 0;
    return '?';
}

/* What stands at optind as a long option; `dashes` stand before its name. */
static int name_take(int count, char *const arguments[], const char *letters, const struct option *names, int *found,
                     int dashes)
{
    char *const *word = arguments + optind++;
    const char *name = *word + dashes, *equals = strchrnul(name, '=');
    const struct option *option = name_find(names, name, (size_t)(equals - name));

    if (!option)
        return name_complain(word, arguments[0], letters, "unrecognized option", NULL);
    optarg = *equals ? (char *)equals + 1 : NULL;
    if (optarg && option->has_arg == no_argument)
        return name_complain(word, arguments[0], letters, "no argument allowed for option", option);
    if (!optarg && option->has_arg == required_argument) {
        if (optind >= count) {
            name_complain(word, arguments[0], letters, "argument required for option", option);
            return is_quiet(letters) ? ':' : '?';
        }
        optarg = arguments[optind++];
    }
    if (found)
        *found = (int)(option - names);
    if (!option->flag)
        return option->val;
    *option->flag = option->val;
    return 0;
}

/* The option at optind, long or short; `names` may be NULL. */
static int option_take(int count, char *const arguments[], const char *letters, const struct option *names, int *found,
                       bool only)
{
    const char *word = optind < count ? arguments[optind] : NULL;

    if (position || !word || word[0] != '-' || !word[1])
        return getopt(count, arguments, letters);
    if (word[1] == '-')
        return word[2] && names ? name_take(count, arguments, letters, names, found, 2)
                                : getopt(count, arguments, letters);
    bool is_letter = !word[2] && strchr(letters, word[1]);
    if (only && names && !is_letter && name_find(names, word + 1, strcspn(word + 1, "=")))
        return name_take(count, arguments, letters, names, found, 1);
    return getopt(count, arguments, letters);
}

/* Moves the words from..end - 1 before those from to..from - 1. */
static void words_move(char **arguments, int from, int end, int to)
{
    for (; from < end; from++, to++) {
        char *word = arguments[from];
        memmove(arguments + to + 1, arguments + to, (size_t)(from - to) * sizeof *arguments);
        arguments[to] = word;
    }
}

/* Passes over what is no option, takes one, and brings that before what was passed over. */
static int option_next(int count, char *const arguments[], const char *letters, const struct option *names, int *found,
                       bool only)
{
    if (!optind)
        optind = 1, position = 0;
    int passed = optind, first = optind;
    if (*letters != '+' && !getenv("POSIXLY_CORRECT"))
        while (first < count && (arguments[first][0] != '-' || !arguments[first][1]))
            first++;
    if (first >= count)
        return -1;
    optind = first;
    int result = option_take(count, arguments, letters, names, found, only);
    words_move((char **)arguments, first, optind, passed);
    if (first > passed)
        optind = passed + optind - first;
    return result;
}

int getopt_long(int count, char *const arguments[], const char *letters, const struct option *names, int *found)
{
    return option_next(count, arguments, letters, names, found, false);
}

int getopt_long_only(int count, char *const arguments[], const char *letters, const struct option *names, int *found)
{
    return option_next(count, arguments, letters, names, found, true);
}
