/*
 * fc: the history as a list, lines of it through an editor and run again, or run again at once (POSIX, fc).
 *
 *     fc -l [-nr] [FIRST [LAST]]     fc [-r] [-e EDITOR] [FIRST [LAST]]     fc -s [OLD=NEW] [FIRST]
 *
 * FIRST and LAST are numbers, -1 for the line before this one, or how the line begins. What is run stands in the history in the place
 * of this command.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { LISTED_USUALLY = 16, DEEPEST = 100, FAILED = -1 };

struct options {
    bool list, bare, reverse, again;
    const char *editor;
};

/* A range of lines; backwards when first > last. */
struct range {
    int first, last;
};

/* The line that `text` stands for, among those before this command; FAILED after a message. In a range, numbers are brought within. */
static int line_find(const char *text, bool in_range)
{
    int oldest = history_first(), newest = history_last() - 1;
    bool back = *text == '-';
    const char *digits = text + (back || *text == '+');

    if (*digits && !digits[strspn(digits, "0123456789")]) {
        int number = back ? newest + 1 - atoi(digits) : atoi(digits);
        if (!in_range && (number < oldest || number > newest))
            return complain("fc: %s: no such line", text), FAILED;
        return number < oldest ? oldest : number > newest ? newest : number;
    }
    for (int number = newest; number >= oldest; number--)
        if (!strncmp(history_line(number), text, strlen(text)))
            return number;
    return complain("fc: %s: no such line", text), FAILED;
}

static bool range_find(struct range *range, const struct options *options, char **arguments)
{
    int newest = history_last() - 1;

    if (newest < history_first())
        return complain("fc: there is no history"), false;
    range->first = options->list ? newest - LISTED_USUALLY + 1 : newest;
    if (range->first < history_first())
        range->first = history_first();
    if (arguments[0])
        range->first = line_find(arguments[0], options->list || arguments[1]);
    if (range->first == FAILED)
        return false;
    range->last = options->list ? newest : range->first;
    if (arguments[0] && arguments[1])
        range->last = line_find(arguments[1], true);
    if (options->reverse && range->first < range->last)
        *range = (struct range){range->last, range->first};
    return range->last != FAILED;
}

static void range_print(struct range range, bool numbered, bool indented, FILE *to)
{
    int step = range.first <= range.last ? 1 : -1;

    for (int number = range.first;; number += step) {
        if (numbered)
            fprintf(to, "%d", number);
        fprintf(to, "%s%s\n", indented ? "\t" : "", history_line(number));
        if (number == range.last)
            return;
    }
}

/* Shows the lines, which then count as typed, and runs them. Among them may be an fc that finds itself. */
static int lines_run(const char *text)
{
    static int depth;

    if (depth >= DEEPEST)
        return complain("fc: calls itself too often");
    fputs(text, stderr);
    for (const char *line = text; *line;) {
        const char *end = strchrnul(line, '\n');
        history_add(line, (size_t)(end - line));
        line = *end ? end + 1 : end;
    }
    depth++;
    int status = text_execute(text, false);
    depth--;
    return status;
}

/* fc -s: the first OLD in the line becomes NEW. */
static int line_again(char **arguments)
{
    const char *equals = arguments[0] ? strchr(arguments[0], '=') : NULL;
    const char *old = equals ? arena_text(arguments[0], (size_t)(equals - arguments[0])) : NULL;
    struct text text = {0};
    struct range range;

    if (!range_find(&range, &(struct options){.again = true}, arguments + (equals != NULL)))
        return 1;
    const char *line = history_line(range.first), *place = old && *old ? strstr(line, old) : NULL;
    if (place) {
        text_append(&text, line, (size_t)(place - line));
        text_append(&text, equals + 1, strlen(equals + 1));
        line = place + strlen(old);
    }
    text_append(&text, line, strlen(line));
    text_add(&text, '\n');
    history_drop_last();
    return lines_run(text_finish(&text));
}

/* The file's contents, in the arena; it is closed. */
static char *file_take(FILE *file)
{
    struct text text = {0};
    char block[512];
    size_t length;

    rewind(file);
    while ((length = fread(block, 1, sizeof block, file)))
        text_append(&text, block, length);
    fclose(file);
    return text_finish(&text);
}

/* Writes the lines to a file, has it edited, and runs what is in it then, unless the editor fails. */
static int lines_edit(struct range range, const char *editor)
{
    const char *folder = variable_get("TMPDIR");
    struct text path = {0}, command = {0};

    text_append(&path, folder ? folder : "/tmp", folder ? strlen(folder) : 4);
    text_append(&path, "/fcXXXXXX", 9);
    char *name = text_finish(&path);
    int descriptor = mkstemp(name);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w+");
    if (!file)
        return complain("fc: %s: %s", name, strerror(errno));
    range_print(range, false, false, file);
    fclose(file);
    text_append(&command, editor, strlen(editor));
    text_append(&command, " '", 2);
    text_append(&command, name, strlen(name));
    text_append(&command, "'\n", 2);
    history_drop_last();
    int status = text_execute(text_finish(&command), false);
    file = fopen(name, "r");
    unlink(name);
    if (file && !status)
        return lines_run(file_take(file));
    if (file)
        fclose(file);
    return status ? status : 1;
}

/* Not -5, nor an OLD=NEW that begins with a minus. */
static bool option_valid(const char *argument)
{
    return argument && argument[0] == '-' && argument[1] && !isdigit((unsigned char)argument[1]) &&
           !strchr(argument, '=');
}

/* Returns how many arguments are options, or FAILED after a message. */
static int options_read(struct options *options, char **arguments)
{
    int i = 1;

    for (; option_valid(arguments[i]); i++) {
        if (!strcmp(arguments[i], "--"))
            return i + 1;
        for (const char *letter = arguments[i] + 1; *letter; letter++) {
            if (*letter == 'e') {
                options->editor = letter[1] ? letter + 1 : arguments[++i];
                if (options->editor)
                    break;
            }
            if (!strchr("lnrs", *letter))
                return complain("fc: -%c: bad option", *letter), FAILED;
            options->list |= *letter == 'l';
            options->bare |= *letter == 'n';
            options->reverse |= *letter == 'r';
            options->again |= *letter == 's';
        }
    }
    return i;
}

int builtin_fc(char **arguments)
{
    struct options options = {0};
    struct range range;
    int taken = options_read(&options, arguments);

    if (taken == FAILED)
        return STATUS_ERROR;
    arguments += taken;
    shell.forgiving = false; /* of what is run */
    if (options.again || (options.editor && !strcmp(options.editor, "-")))
        return line_again(arguments);
    if (!range_find(&range, &options, arguments))
        return 1;
    if (options.list) {
        range_print(range, !options.bare, true, stdout);
        return 0;
    }
    if (!options.editor)
        options.editor = variable_get("FCEDIT");
    return lines_edit(range, options.editor && *options.editor ? options.editor : "ed");
}
