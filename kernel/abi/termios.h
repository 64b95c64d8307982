/*
 * Terminals: Linux's x86-64 system-call interface: modes, special characters, ioctl commands.
 */
#ifndef KERNEL_ABI_TERMIOS_H
#define KERNEL_ABI_TERMIOS_H

#include "kernel/types.h"

enum { CONTROL_CHARACTERS = 19 };

/* What TCGETS and TCSETS move. */
struct linux_termios {
    uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_line;
    uint8_t c_cc[CONTROL_CHARACTERS];
};
_Static_assert(sizeof(struct linux_termios) == 36, "ABI");

struct linux_winsize {
    uint16_t rows, columns, width, height; /* the last two in pixels */
};

/* Indices of c_cc. */
enum {
    VINTR = 0,
    VQUIT = 1,
    VERASE = 2,
    VKILL = 3,
    VEOF = 4,
    VTIME = 5,
    VMIN = 6,
    VSTART = 8,
    VSTOP = 9,
    VSUSP = 10,
    VEOL = 11,
    VREPRINT = 12,
    VDISCARD = 13,
    VWERASE = 14,
    VLNEXT = 15,
    VEOL2 = 16,
};

/* c_iflag */
enum {
    BRKINT = 0x0002,
    ISTRIP = 0x0020,
    INLCR = 0x0040,
    IGNCR = 0x0080,
    ICRNL = 0x0100,
    IUCLC = 0x0200,
    IXON = 0x0400,
    IXANY = 0x0800,
    IMAXBEL = 0x2000,
    IUTF8 = 0x4000,
};

/* c_oflag */
enum {
    OPOST = 0x01,
    OLCUC = 0x02,
    ONLCR = 0x04,
    OCRNL = 0x08,
    ONOCR = 0x10,
    ONLRET = 0x20,
    TABDLY = 0x1800,
    XTABS = 0x1800,
};

/* c_cflag */
enum {
    B38400 = 0x000f,
    B115200 = 0x1002,
    CS8 = 0x0030,
    CREAD = 0x0080,
    HUPCL = 0x0400,
    CLOCAL = 0x0800,
};

/* c_lflag */
enum {
    ISIG = 0x0001,
    ICANON = 0x0002,
    ECHO = 0x0008,
    ECHOE = 0x0010,
    ECHOK = 0x0020,
    ECHONL = 0x0040,
    NOFLSH = 0x0080,
    TOSTOP = 0x0100,
    ECHOCTL = 0x0200,
    ECHOPRT = 0x0400,
    ECHOKE = 0x0800,
    IEXTEN = 0x8000,
};

/* ioctl commands. */
enum {
    TCGETS = 0x5401,
    TCSETS = 0x5402,
    TCSETSW = 0x5403,
    TCSETSF = 0x5404,
    TCSBRK = 0x5409,
    TCXONC = 0x540a,
    TCFLSH = 0x540b,
    TIOCEXCL = 0x540c,
    TIOCNXCL = 0x540d,
    TIOCSCTTY = 0x540e,
    TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410,
    TIOCOUTQ = 0x5411,
    TIOCSTI = 0x5412,
    TIOCGWINSZ = 0x5413,
    TIOCSWINSZ = 0x5414,
    TIOCNOTTY = 0x5422,
    TCSBRKP = 0x5425,
    TIOCGSID = 0x5429,
    TIOCGPTN = 0x80045430,
    TIOCSPTLCK = 0x40045431,
    TIOCGPTLCK = 0x80045439,
};

enum { TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3 }; /* TCXONC */
enum { TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2 };    /* TCFLSH */

#endif
