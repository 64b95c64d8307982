/* sync: everything written reaches the disk. */
#include <program.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "sync\nWrites to the disk what is still in memory only.");
    sync();
    return 0;
}
