/* Streams and formatted text. */
#ifndef CLOCKHAND_STDIO_H
#define CLOCKHAND_STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct stdio_file FILE;
typedef long fpos_t;

#define EOF (-1)
#define BUFSIZ 4096
#define FILENAME_MAX 4096
#define FOPEN_MAX 1000
#define TMP_MAX 10000
#define L_tmpnam 20
#define P_tmpdir "/tmp"
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2
#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;
#define stdin stdin
#define stdout stdout
#define stderr stderr

FILE *fopen(const char *restrict path, const char *restrict mode);
FILE *fdopen(int descriptor, const char *mode);
FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file);
FILE *fmemopen(void *restrict memory, size_t size, const char *restrict mode);
FILE *open_memstream(char **text, size_t *length);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *file);
FILE *tmpfile(void);
int fclose(FILE *file);
int fflush(FILE *file);
int setvbuf(FILE *restrict file, char *restrict buffer, int mode, size_t size);
void setbuf(FILE *restrict file, char *restrict buffer);
void setlinebuf(FILE *file);

int fgetc(FILE *file);
int getc(FILE *file);
int getchar(void);
int getc_unlocked(FILE *file);
int getchar_unlocked(void);
int ungetc(int character, FILE *file);
char *fgets(char *restrict buffer, int size, FILE *restrict file);
ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict file);
ssize_t getdelim(char **restrict line, size_t *restrict size, int delimiter, FILE *restrict file);
size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict file);

int fputc(int character, FILE *file);
int putc(int character, FILE *file);
int putchar(int character);
int putc_unlocked(int character, FILE *file);
int putchar_unlocked(int character);
int fputs(const char *restrict text, FILE *restrict file);
int puts(const char *text);
size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict file);

int fseek(FILE *file, long offset, int whence);
int fseeko(FILE *file, off_t offset, int whence);
long ftell(FILE *file);
off_t ftello(FILE *file);
void rewind(FILE *file);
int fgetpos(FILE *restrict file, fpos_t *restrict position);
int fsetpos(FILE *file, const fpos_t *position);

int feof(FILE *file);
int ferror(FILE *file);
void clearerr(FILE *file);
int fileno(FILE *file);
void perror(const char *message);
void flockfile(FILE *file);
void funlockfile(FILE *file);
int ftrylockfile(FILE *file);

int printf(const char *restrict format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *restrict file, const char *restrict format, ...) __attribute__((format(printf, 2, 3)));
int dprintf(int descriptor, const char *restrict format, ...) __attribute__((format(printf, 2, 3)));
int sprintf(char *restrict buffer, const char *restrict format, ...) __attribute__((format(printf, 2, 3)));
int snprintf(char *restrict buffer, size_t size, const char *restrict format, ...)
    __attribute__((format(printf, 3, 4)));
int asprintf(char **result, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vprintf(const char *restrict format, va_list args);
int vfprintf(FILE *restrict file, const char *restrict format, va_list args);
int vdprintf(int descriptor, const char *restrict format, va_list args);
int vsprintf(char *restrict buffer, const char *restrict format, va_list args);
int vsnprintf(char *restrict buffer, size_t size, const char *restrict format, va_list args);
int vasprintf(char **result, const char *format, va_list args);

int scanf(const char *restrict format, ...) __attribute__((format(scanf, 1, 2)));
int fscanf(FILE *restrict file, const char *restrict format, ...) __attribute__((format(scanf, 2, 3)));
int sscanf(const char *restrict text, const char *restrict format, ...) __attribute__((format(scanf, 2, 3)));
int vscanf(const char *restrict format, va_list args);
int vfscanf(FILE *restrict file, const char *restrict format, va_list args);
int vsscanf(const char *restrict text, const char *restrict format, va_list args);

int remove(const char *path);
char *tmpnam(char *name);
int rename(const char *old, const char *new);
int renameat(int old_directory, const char *old, int new_directory, const char *new);

#endif
