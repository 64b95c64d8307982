/* false: status 1. */
#include <program.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "false\nDoes nothing, without success.\nExit status: 1.");
    return 1;
}
