/* What every small program here begins with. Not a standard header. */
#ifndef CLOCKHAND_PROGRAM_H
#define CLOCKHAND_PROGRAM_H

/*
 * Answers `--help` as the only argument, and ends. All help has one shape: a line with the usage, one or more that say what the program
 * does and what its options mean, and the exit status. The text may leave that out if it is 0, or 1 after an error.
 */
void program_help(int count, char **arguments, const char *text);
/* Ends with status 1 (2 for programs that compare) after the text's first line on standard error. */
_Noreturn void program_usage(int status, const char *text);
/* Flushes standard output; the status to end with: the given one, or 1 after a message if that failed. */
int program_end(int status);

/* Becomes the shell, which runs its own command of that name with the arguments. */
_Noreturn void program_by_shell(const char *command, int count, char **arguments);

/* Swaps to the partitions whose header has that label; returns how many. */
int swapon_label(const char *label);

#endif
