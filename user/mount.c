/* mount: attaches file systems, or lists those that are. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char help[] = "mount [-t TYPE] [-o OPTIONS] [[DEVICE] DIRECTORY]\n"
                           "Attaches a file system, changes one (-o remount,...), or lists those attached. OPTIONS: "
                           "ro, noatime, sync, nosuid,\n"
                           "nodev, noexec, remount, and those of the file system.";

static int list(void)
{
    char device[256], directory[256], type[64], flags[256], line[1024];
    FILE *file = fopen("/proc/mounts", "r");

    if (!file)
        err(1, "/proc/mounts");
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%255s %255s %63s %255s", device, directory, type, flags) == 4)
            printf("%s on %s type %s (%s)\n", device, directory, type, flags);
    fclose(file);
    return program_end(0);
}

/* Takes what mount(2) has flags for; the rest is left for the file system. */
static unsigned long flags_of(char *text, char *rest, size_t size)
{
    static const struct {
        const char *name;
        unsigned long flag;
    } known[] = {{"ro", MS_RDONLY},
                 {"rw", 0},
                 {"nosuid", MS_NOSUID},
                 {"nodev", MS_NODEV},
                 {"noexec", MS_NOEXEC},
                 {"noatime", MS_NOATIME},
                 {"relatime", MS_RELATIME},
                 {"sync", MS_SYNCHRONOUS},
                 {"async", 0},
                 {"remount", MS_REMOUNT},
                 {"bind", MS_BIND},
                 {"defaults", 0}};
    unsigned long flags = 0;

    for (char *word; (word = strsep(&text, ","));) {
        size_t i = 0, kinds = sizeof known / sizeof known[0];
        while (i < kinds && strcmp(known[i].name, word))
            i++;
        if (i < kinds) {
            flags |= known[i].flag;
            continue;
        }
        if (*rest)
            strlcat(rest, ",", size);
        strlcat(rest, word, size);
    }
    return flags;
}

int main(int count, char **arguments)
{
    const char *type = "ext2";
    char rest[256] = "";
    unsigned long flags = 0;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "t:o:r")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        if (letter == 't')
            type = optarg;
        else if (letter == 'o')
            flags |= flags_of(optarg, rest, sizeof rest);
        else
            flags |= MS_RDONLY;
    }
    if (optind == count)
        return list();
    const char *directory = arguments[count - 1];
    if (count - optind > 2 || (count - optind == 1 && !(flags & MS_REMOUNT)))
        program_usage(1, help);
    if (mount(arguments[optind], directory, type, flags, rest))
        err(32, "%s on %s", arguments[optind], directory);
    return 0;
}
