/* reboot: the files are written to the disk, then the machine is told. */
#include <err.h>
#include <program.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "reboot\nStarts the machine again.");
    sync();
    reboot(RB_AUTOBOOT);
    err(1, NULL);
}
