/* poweroff: the files are written to the disk, then the machine is told. */
#include <err.h>
#include <program.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "poweroff\nEnds the machine.");
    sync();
    reboot(RB_POWER_OFF);
    err(1, NULL);
}
