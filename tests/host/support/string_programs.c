/* libc/string.c as programs get it, all names with ck_ in front. */
#include "tests/host/support/renamed_string.h"

#define memcpy ck_memcpy
#define memmove ck_memmove
#define memset ck_memset
#define memcmp ck_memcmp
#define memchr ck_memchr
#define strlen ck_strlen
#define strnlen ck_strnlen
#define strcmp ck_strcmp
#define strncmp ck_strncmp
#define strchr ck_strchr
#define strrchr ck_strrchr
#define strstr ck_strstr
#define strcpy ck_strcpy
#define strncpy ck_strncpy
#define strlcpy ck_strlcpy
#define strlcat ck_strlcat
#define strcat ck_strcat

#include "libc/string.c"
