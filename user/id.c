/* id: who one is. */
#include <grp.h>
#include <program.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] = "id [-un]\nShows the user and the group; -u: the user's number, -un: the name.";

int main(int count, char **arguments)
{
    bool only_user = false, name = false;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "un")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        only_user |= letter == 'u';
        name |= letter == 'n';
    }
    struct passwd *user = getpwuid(geteuid());
    struct group *group = getgrgid(getegid());
    if (only_user && name && user)
        puts(user->pw_name);
    else if (only_user)
        printf("%u\n", geteuid());
    else
        printf("uid=%u(%s) gid=%u(%s)\n", geteuid(), user ? user->pw_name : "?", getegid(),
               group ? group->gr_name : "?");
    return program_end(0);
}
