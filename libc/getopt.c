/* Reading a command's options, short and long.  Options must come first unless the arguments are permuted by hand. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

char *optarg;
int optind = 1;
int opterr = 1;
int optopt;

static int position; /* within a group such as -abc */

static int option_complain(const char *program, const char *letters, const char *message, int letter)
{
    optopt = letter;
    if (*letters == ':')
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

static int name_complain(const char *program, const char *message, const char *name, size_t length)
{
    if (opterr)
        fprintf(stderr, "%s: %s '--%.*s'\n", program, message, (int)length, name);
    optopt = 0;
    return '?';
}

int getopt_long(int count, char *const arguments[], const char *letters, const struct option *names, int *found)
{
    const char *word = optind < count ? arguments[optind ? optind : 1] : NULL;

    if (position || !word || strncmp(word, "--", 2) || !word[2])
        return getopt(count, arguments, letters);
    const char *name = word + 2, *equals = strchrnul(name, '=');
    size_t length = (size_t)(equals - name);
    const struct option *option = name_find(names, name, length);
    optind = (optind ? optind : 1) + 1;
    if (!option)
        return name_complain(arguments[0], "unrecognized option", name, length);
    optarg = *equals ? (char *)equals + 1 : NULL;
    if (optarg && option->has_arg == no_argument)
        return name_complain(arguments[0], "no argument allowed for option", name, length);
    if (!optarg && option->has_arg == required_argument) {
        if (optind >= count)
            return name_complain(arguments[0], "argument required for option", name, length);
        optarg = arguments[optind++];
    }
    if (found)
        *found = (int)(option - names);
    if (!option->flag)
        return option->val;
    *option->flag = option->val;
    return 0;
}
