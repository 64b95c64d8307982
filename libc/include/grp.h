/* The groups, from /etc/group. */
#ifndef CLOCKHAND_GRP_H
#define CLOCKHAND_GRP_H

#include <stddef.h>
#include <sys/types.h>

struct group {
    char *gr_name;
    char *gr_passwd;
    gid_t gr_gid;
    char **gr_mem; /* always empty: members are not read */
};

struct group *getgrnam(const char *name);
struct group *getgrgid(gid_t group);
/* These return an error number; *result is NULL if there is no such group. */
int getgrnam_r(const char *name, struct group *group, char *buffer, size_t size, struct group **result);
int getgrgid_r(gid_t id, struct group *group, char *buffer, size_t size, struct group **result);
/* One group after the other; NULL behind the last. */
struct group *getgrent(void);
void setgrent(void);
void endgrent(void);

#endif
