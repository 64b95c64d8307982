/* df: the room on file systems. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char help[] =
    "df [DIRECTORY...]\nShows how full file systems are, in KB: those named, or all that are mounted.";

static int row_print(const char *device, const char *directory)
{
    struct statfs status;

    if (statfs(directory, &status)) {
        warn("%s", directory);
        return 1;
    }
    unsigned long unit = (unsigned long)status.f_bsize, total = status.f_blocks * unit / 1024;
    unsigned long used = (status.f_blocks - status.f_bfree) * unit / 1024, available = status.f_bavail * unit / 1024;
    unsigned long percent = used + available ? (used * 100 + used + available - 1) / (used + available) : 0;
    printf("%-16s %10lu %9lu %9lu %3lu%% %s\n", device, total, used, available, percent, directory);
    return 0;
}

static int mounted_print(void)
{
    char device[256], directory[256], line[1024];
    FILE *file = fopen("/proc/mounts", "r");
    int result = 0;

    if (!file)
        err(1, "/proc/mounts");
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%255s %255s", device, directory) == 2)
            result |= row_print(device, directory);
    fclose(file);
    return result;
}

int main(int count, char **arguments)
{
    int result = 0;

    program_help(count, arguments, help);
    puts("Filesystem        1K-blocks      Used Available Use% Mounted on");
    if (count < 2)
        result = mounted_print();
    for (int i = 1; i < count; i++)
        result |= row_print("-", arguments[i]);
    return program_end(result);
}
