/* libc/format.c with vsnprintf and snprintf under other names. */
#define vsnprintf ck_vsnprintf
#define snprintf ck_snprintf

#include "libc/format.c"
