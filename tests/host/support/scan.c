/* libc's scanf of a string under another name, over a stream that is nothing but the string. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <wchar.h>

#undef stdin
#undef getc
#define FILE struct stdio_file
#define stdin NULL
#define getc ck_getc
#define vfscanf ck_vfscanf
#define vsscanf ck_vsscanf
#define vscanf ck_vscanf
#define scanf ck_scanf
#define fscanf ck_fscanf
#define sscanf ck_sscanf

struct stdio_file;
int ck_getc(struct stdio_file *file);
int ck_vfscanf(struct stdio_file *file, const char *format, va_list args);
int ck_sscanf(const char *text, const char *format, ...);

#include "libc/stdio_scan.c"
#include "libc/stdio_scan_number.c"

bool threads_running;

int ck_getc(struct stdio_file *file)
{
    return file->read_at < file->read_end ? *file->read_at++ : EOF;
}

void stdio_lock_wait(struct stdio_file *file)
{
    (void)file;
}

void stdio_lock_give(struct stdio_file *file)
{
    (void)file;
}
