/* test: as a program, for those who do not ask the shell: it asks the shell. */
#include <program.h>

int main(int count, char **arguments)
{
    program_help(count, arguments,
                 "test EXPRESSION\nSays by its status whether the expression is true: see `help` in sh.\n"
                 "Exit status: 0 if it is, 1 if not, 2 after an error.");
    program_by_shell("test", count, arguments);
}
