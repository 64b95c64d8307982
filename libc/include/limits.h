/* Limits of the integer types (x86-64) and of this system. */
#ifndef CLOCKHAND_LIMITS_H
#define CLOCKHAND_LIMITS_H

#define CHAR_BIT 8
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define CHAR_MIN SCHAR_MIN
#define CHAR_MAX SCHAR_MAX
#define MB_LEN_MAX 4
#define SHRT_MIN (-32768)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX 4294967295U
#define LONG_MAX 9223372036854775807L
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (2 * (unsigned long)LONG_MAX + 1)
#define LLONG_MAX 9223372036854775807LL
#define LLONG_MIN (-LLONG_MAX - 1)
#define ULLONG_MAX (2 * (unsigned long long)LLONG_MAX + 1)
#define SSIZE_MAX LONG_MAX

#define NAME_MAX 255
#define PATH_MAX 4096
#define PIPE_BUF 4096
#define ARG_MAX 131072
#define IOV_MAX 1024
#define LINE_MAX 4096
#define OPEN_MAX 1024
#define NGROUPS_MAX 65536
#define HOST_NAME_MAX 64
#define SYMLINK_MAX 255
#define _POSIX_PATH_MAX 256
#define _POSIX_PIPE_BUF 512

#endif
