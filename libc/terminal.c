/* Terminals: modes, process groups, names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"

/* The kernel's structure is the first part of ours: 4 words, the line discipline, 19 control characters. */
enum { SPEED_MASK = 0010017 };

int tcgetattr(int descriptor, struct termios *modes)
{
    memset(modes, 0, sizeof *modes);
    if (ioctl(descriptor, TCGETS, modes))
        return -1;
    modes->c_ispeed = modes->c_ospeed = modes->c_cflag & SPEED_MASK;
    return 0;
}

int tcsetattr(int descriptor, int when, const struct termios *modes)
{
    if (when < TCSANOW || when > TCSAFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return ioctl(descriptor, TCSETS + (unsigned long)when, modes);
}

int tcdrain(int descriptor)
{
    return (int)call_result(call_blocking4(SYS_ioctl, descriptor, TCSBRK, 1, 0));
}

int tcsendbreak(int descriptor, int duration)
{
    (void)duration;
    return ioctl(descriptor, TCSBRK, 0);
}

int tcflush(int descriptor, int queue)
{
    return ioctl(descriptor, TCFLSH, queue);
}

int tcflow(int descriptor, int action)
{
    return ioctl(descriptor, TCXONC, action);
}

pid_t tcgetsid(int descriptor)
{
    pid_t session;

    return ioctl(descriptor, TIOCGSID, &session) ? -1 : session;
}

pid_t tcgetpgrp(int descriptor)
{
    pid_t group;

    return ioctl(descriptor, TIOCGPGRP, &group) ? -1 : group;
}

int tcsetpgrp(int descriptor, pid_t group)
{
    return ioctl(descriptor, TIOCSPGRP, &group);
}

void cfmakeraw(struct termios *modes)
{
    modes->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    modes->c_oflag &= ~(tcflag_t)OPOST;
    modes->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    modes->c_cflag = (modes->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    modes->c_cc[VMIN] = 1;
    modes->c_cc[VTIME] = 0;
}

speed_t cfgetispeed(const struct termios *modes)
{
    return modes->c_cflag & SPEED_MASK;
}

speed_t cfgetospeed(const struct termios *modes)
{
    return modes->c_cflag & SPEED_MASK;
}

int cfsetospeed(struct termios *modes, speed_t speed)
{
    if (speed & ~(speed_t)SPEED_MASK) {
        errno = EINVAL;
        return -1;
    }
    modes->c_cflag = (modes->c_cflag & ~(tcflag_t)SPEED_MASK) | speed;
    return 0;
}

int cfsetispeed(struct termios *modes, speed_t speed)
{
    return speed ? cfsetospeed(modes, speed) : 0;
}

int cfsetspeed(struct termios *modes, speed_t speed)
{
    return cfsetospeed(modes, speed);
}

int isatty(int descriptor)
{
    struct winsize size;

    if (!ioctl(descriptor, TIOCGWINSZ, &size))
        return 1;
    if (errno != EBADF)
        errno = ENOTTY;
    return 0;
}

int ttyname_r(int descriptor, char *buffer, size_t size)
{
    char link[32];

    if (!isatty(descriptor))
        return errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, buffer, size);
    if (length < 0)
        return errno;
    if ((size_t)length >= size)
        return ERANGE;
    buffer[length] = 0;
    return 0;
}

char *ttyname(int descriptor)
{
    static char name[64];
    int error = ttyname_r(descriptor, name, sizeof name);

    if (!error)
        return name;
    errno = error;
    return NULL;
}
