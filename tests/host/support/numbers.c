/* libc's readers of numbers under other names. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/host/support/numbers.h"

#define strtod ck_strtod
#define strtof ck_strtof
#define strtold ck_strtold
#define atof ck_atof
#define strtol ck_strtol
#define strtoul ck_strtoul
#define strtoll ck_strtoll
#define strtoull ck_strtoull
#define strtoimax ck_strtoimax
#define strtoumax ck_strtoumax
#define atoi ck_atoi
#define atol ck_atol
#define atoll ck_atoll
#define abs ck_abs
#define labs ck_labs
#define llabs ck_llabs
#define imaxabs ck_imaxabs
#define div ck_div
#define ldiv ck_ldiv
#define lldiv ck_lldiv
#define imaxdiv ck_imaxdiv

#include "libc/float_parse.c"
#include "libc/integer.c"
