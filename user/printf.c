/* printf: as a program, for those who do not ask the shell: it asks the shell. */
#include <program.h>

int main(int count, char **arguments)
{
    program_help(count, arguments,
                 "printf FORMAT [ARGUMENT...]\nWrites the arguments as the format says, which is used again while some "
                 "are left.");
    program_by_shell("printf", count, arguments);
}
