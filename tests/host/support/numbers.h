/* libc's conversions between numbers and text, under other names. */
#ifndef TESTS_HOST_NUMBERS_H
#define TESTS_HOST_NUMBERS_H

#include <stdarg.h>
#include <stddef.h>

int ck_vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int ck_snprintf(char *buffer, size_t size, const char *format, ...);
double ck_strtod(const char *text, char **end);
float ck_strtof(const char *text, char **end);
long double ck_strtold(const char *text, char **end);
double ck_atof(const char *text);
long ck_strtol(const char *text, char **end, int base);
unsigned long ck_strtoul(const char *text, char **end, int base);

#endif
