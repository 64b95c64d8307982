/* The system calls of files and processes, with their POSIX names. */
#ifndef CLOCKHAND_UNISTD_H
#define CLOCKHAND_UNISTD_H

#include <getopt.h>
#include <sys/types.h>

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
#define SEEK_DATA 3
#define SEEK_HOLE 4

#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

#define F_ULOCK 0
#define F_LOCK 1
#define F_TLOCK 2
#define F_TEST 3

#define _POSIX_VERSION 200809L
#define _POSIX_JOB_CONTROL 1
#define _POSIX_SAVED_IDS 1

#define _SC_ARG_MAX 0
#define _SC_CHILD_MAX 1
#define _SC_CLK_TCK 2
#define _SC_NGROUPS_MAX 3
#define _SC_OPEN_MAX 4
#define _SC_PAGESIZE 30
#define _SC_PAGE_SIZE _SC_PAGESIZE
#define _SC_NPROCESSORS_CONF 83
#define _SC_NPROCESSORS_ONLN 84
#define _SC_PHYS_PAGES 85
#define _SC_AVPHYS_PAGES 86

#define _PC_LINK_MAX 0
#define _PC_MAX_CANON 1
#define _PC_MAX_INPUT 2
#define _PC_NAME_MAX 3
#define _PC_PATH_MAX 4
#define _PC_PIPE_BUF 5
#define _PC_CHOWN_RESTRICTED 6
#define _PC_NO_TRUNC 7
#define _PC_VDISABLE 8
#define _PC_FILESIZEBITS 13
#define _PC_SYMLINK_MAX 19

#define _CS_PATH 0

extern char **environ;

ssize_t read(int descriptor, void *buffer, size_t length);
ssize_t write(int descriptor, const void *buffer, size_t length);
ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset);
ssize_t pwrite(int descriptor, const void *buffer, size_t length, off_t offset);
ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t length, unsigned flags);
off_t lseek(int descriptor, off_t offset, int whence);
int close(int descriptor);
int dup(int descriptor);
int dup2(int descriptor, int target);
int dup3(int descriptor, int target, int flags);
int pipe(int ends[2]);
int pipe2(int ends[2], int flags);
int access(const char *path, int mode);
int faccessat(int directory, const char *path, int mode, int flags);
int chdir(const char *path);
int fchdir(int descriptor);
int chroot(const char *path);
char *getcwd(char *buffer, size_t size);
int unlink(const char *path);
int unlinkat(int directory, const char *path, int flags);
int rmdir(const char *path);
int link(const char *old, const char *new);
int linkat(int old_directory, const char *old, int new_directory, const char *new, int flags);
int symlink(const char *target, const char *path);
int symlinkat(const char *target, int directory, const char *path);
ssize_t readlink(const char *restrict path, char *restrict buffer, size_t size);
ssize_t readlinkat(int directory, const char *restrict path, char *restrict buffer, size_t size);
int truncate(const char *path, off_t length);
int ftruncate(int descriptor, off_t length);
int fsync(int descriptor);
int fdatasync(int descriptor);
void sync(void);
int syncfs(int descriptor);
int chown(const char *path, uid_t owner, gid_t group);
int lchown(const char *path, uid_t owner, gid_t group);
int fchown(int descriptor, uid_t owner, gid_t group);
int fchownat(int directory, const char *path, uid_t owner, gid_t group, int flags);

pid_t fork(void);
pid_t vfork(void) __attribute__((returns_twice));
_Noreturn void _exit(int status);
int execve(const char *path, char *const arguments[], char *const environment[]);
int execv(const char *path, char *const arguments[]);
int execvp(const char *file, char *const arguments[]);
int execvpe(const char *file, char *const arguments[], char *const environment[]);
int execl(const char *path, const char *argument, ...);
int execlp(const char *file, const char *argument, ...);
int execle(const char *path, const char *argument, ...);
pid_t getpid(void);
pid_t getppid(void);
pid_t gettid(void);
pid_t getpgrp(void);
pid_t getpgid(pid_t process);
int setpgid(pid_t process, pid_t group);
pid_t setsid(void);
pid_t getsid(pid_t process);
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int setuid(uid_t user);
int setgid(gid_t group);
int seteuid(uid_t user);
int setegid(gid_t group);
int getgroups(int size, gid_t groups[]);
int nice(int increment);

unsigned alarm(unsigned seconds);
int pause(void);
unsigned sleep(unsigned seconds);
int usleep(useconds_t microseconds);
int isatty(int descriptor);
char *ttyname(int descriptor);
int ttyname_r(int descriptor, char *buffer, size_t size);
pid_t tcgetpgrp(int descriptor);
int tcsetpgrp(int descriptor, pid_t group);
int brk(void *end);
void *sbrk(intptr_t increment);
int gethostname(char *name, size_t size);
int sethostname(const char *name, size_t length);
long sysconf(int name);
int getpagesize(void);
long syscall(long number, ...);
int fexecve(int descriptor, char *const arguments[], char *const environment[]);
int setpgrp(void);
int setreuid(uid_t real, uid_t effective);
int setregid(gid_t real, gid_t effective);

/* Below: from musl's package, see libc/packaged.sh. */
int lockf(int descriptor, int command, off_t length);
long pathconf(const char *path, int name);
long fpathconf(int descriptor, int name);
size_t confstr(int name, char *buffer, size_t size);
void swab(const void *restrict from, void *restrict to, ssize_t length);
long gethostid(void);
char *getlogin(void);
int getlogin_r(char *name, size_t size);
char *ctermid(char *buffer);

#endif
