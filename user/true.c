/* true: status 0. */
#include <program.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "true\nEnds with status 0.");
    return 0;
}
