/*
 * A plug-in for GNU make: $(exit-with-status FILE) ends make with the number in FILE.PID as its exit status, PID being make's
 * own process, and removes that file.
 *
 * make itself knows only 0, 1 and 2, but `make exec CMD='exit 7'; echo $?` shall print 7. Source: GNU make manual, 12.2
 * (loaded objects). Where make cannot load it, make ends with 2 for any failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* From gnumake.h, which not every system installs. */
typedef char *(*gmk_func_ptr)(const char *name, unsigned int argc, char **argv);
void gmk_add_function(const char *name, gmk_func_ptr function, unsigned int min, unsigned int max, unsigned int flags);

extern int plugin_is_GPL_compatible;
int plugin_is_GPL_compatible;

int make_exit_setup(const void *location);

static char *exit_with_status(const char *name, unsigned int argc, char **argv)
{
    (void)name;
    (void)argc;
    char path[4096];
    snprintf(path, sizeof(path), "%s.%d", argv[0], (int)getpid());
    int status = 2;
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%d", &status) != 1)
        status = 2;
    unlink(path);
    exit(status);
}

int make_exit_setup(const void *location)
{
    (void)location;
    gmk_add_function("exit-with-status", exit_with_status, 1, 1, 0);
    return 1;
}
