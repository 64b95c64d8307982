/* true: status 0. */
#include <program.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "true\nDoes nothing.\nExit status: 0.");
    return 0;
}
