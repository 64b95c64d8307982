/* Messages about errors, with the program's name in front. */
#ifndef CLOCKHAND_ERR_H
#define CLOCKHAND_ERR_H

#include <stdarg.h>

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void err(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void errx(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void verr(int status, const char *format, va_list args);
_Noreturn void verrx(int status, const char *format, va_list args);
void vwarn(const char *format, va_list args);
void vwarnx(const char *format, va_list args);

#endif
