/* The users, from /etc/passwd. */
#ifndef CLOCKHAND_PWD_H
#define CLOCKHAND_PWD_H

#include <stddef.h>
#include <sys/types.h>

struct passwd {
    char *pw_name;
    char *pw_passwd;
    uid_t pw_uid;
    gid_t pw_gid;
    char *pw_gecos;
    char *pw_dir;
    char *pw_shell;
};

struct passwd *getpwnam(const char *name);
struct passwd *getpwuid(uid_t user);
/* One user after the other; NULL behind the last. */
struct passwd *getpwent(void);
void setpwent(void);
void endpwent(void);
int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, struct passwd **result);
int getpwuid_r(uid_t id, struct passwd *user, char *buffer, size_t size, struct passwd **result);

#endif
