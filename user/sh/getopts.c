/* getopts: the options of a script, one at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

/* Where the next letter is. */
struct position {
    char **words;
    int count;
    int index; /* OPTIND - 1 */
    int place; /* in a group such as -abc; kept between calls */
};

static int index_store(const struct position *position)
{
    char number[12];

    snprintf(number, sizeof number, "%d", position->index + 1);
    return variable_set("OPTIND", number);
}

static int options_end(struct position *position, const char *name)
{
    if (position->index < position->count && !strcmp(position->words[position->index], "--"))
        position->index++;
    index_store(position);
    variable_set(name, "?");
    return 1;
}

/* What goes into the variable when something is wrong. */
static char problem(bool silent, char letter, const char *message, char answer)
{
    char text[2] = {letter, 0};

    if (!silent) {
        complain("%s -%c", message, letter);
        return '?';
    }
    variable_set("OPTARG", text);
    return answer;
}

/* Takes one letter and its argument; returns the letter to store. */
static char letter_take(struct position *position, const char *letters)
{
    const char *word = position->words[position->index];
    bool silent = *letters == ':';
    char letter = word[++position->place];
    const char *found = letter == ':' ? NULL : strchr(letters, letter), *rest = word + position->place + 1;

    variable_unset("OPTARG");
    if (!*rest || (found && found[1] == ':')) {
        position->index++;
        position->place = 0;
    }
    if (!found)
        return problem(silent, letter, "Illegal option", '?');
    if (found[1] != ':')
        return letter;
    if (!*rest && position->index >= position->count)
        return problem(silent, letter, "No argument for option", ':');
    variable_set("OPTARG", *rest ? rest : position->words[position->index++]);
    return letter;
}

int builtin_getopts(char **arguments)
{
    static int place, expected;
    const char *index = variable_get("OPTIND");

    if (!arguments[1] || !arguments[2])
        return complain("getopts: usage: getopts LETTERS NAME [ARGUMENT...]") + 1;
    struct position position = {.words = arguments[3] ? arguments + 3 : shell.parameters,
                                .index = index ? atoi(index) - 1 : 0};
    while (position.words && position.words[position.count])
        position.count++;
    if (position.index < 0)
        position.index = 0;
    position.place = position.index == expected ? place : 0;
    place = 0;
    const char *word = position.index < position.count ? position.words[position.index] : "";
    if (!position.place && (*word != '-' || !word[1] || !strcmp(word, "--")))
        return options_end(&position, arguments[2]);
    char letter[2] = {letter_take(&position, arguments[1]), 0};
    place = position.place;
    expected = position.index;
    return index_store(&position) | variable_set(arguments[2], letter);
}
