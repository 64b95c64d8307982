/* nproc: how many CPUs there are. */
#include <program.h>
#include <stdio.h>
#include <sys/sysinfo.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "nproc\nShows the number of CPUs.");
    printf("%d\n", get_nprocs());
    return program_end(0);
}
