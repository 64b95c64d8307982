/* What every small program here begins with. Not a standard header. */
#ifndef CLOCKHAND_PROGRAM_H
#define CLOCKHAND_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Answers `--help` as the only argument, and ends. All help has one shape: a line with the usage, one or more that say what the program
 * does and what its options mean, and the exit status. The text may leave that out if it is 0, or 1 after an error.
 */
void program_help(int count, char **arguments, const char *text);
/* Ends with status 1 (2 for programs that compare) after the text's first line on standard error. */
_Noreturn void program_usage(int status, const char *text);
/* The decimal number that `text` is; ends the program with status 1 after a message if it is none, or not from `least` to `most`. */
unsigned long program_number(const char *text, unsigned long least, unsigned long most);
enum { PROGRAM_COUNT_MAX = 1000000000 }; /* of lines, pictures, seconds, where nothing else bounds them */
/* Flushes standard output; the status to end with: the given one, or 1 after a message if that failed. */
int program_end(int status);

/*
 * Visits the files of these names (NULL: none more), in order; `-`, and no name at all, is standard input. Where there are several,
 * a title goes before each on standard output. 0, or 1 after a message about one that cannot be opened.
 */
int program_each_file(char **names, void (*visit)(FILE *file, bool last));
/*
 * Acts on each of `count` paths and its target: `to`, or where that is a directory, the path's last name in it. The actions'
 * results, or-ed. Ends the program if several are to go where no directory is.
 */
int program_each_target(char **paths, int count, const char *to, int (*act)(const char *path, const char *target));

/* Becomes the shell, which runs its own command of that name with the arguments. */
_Noreturn void program_by_shell(const char *command, int count, char **arguments);

#endif
