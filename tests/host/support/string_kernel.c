/* libc/string.c as the kernel gets it, all names with kernel_ in front. */
#define CLOCKHAND_KERNEL
#include "tests/host/support/renamed_string.h"

#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#define memchr kernel_memchr
#define strlen kernel_strlen
#define strnlen kernel_strnlen
#define strcmp kernel_strcmp
#define strncmp kernel_strncmp
#define strchr kernel_strchr
#define strrchr kernel_strrchr
#define strstr kernel_strstr
#define strcpy kernel_strcpy
#define strncpy kernel_strncpy
#define strlcpy kernel_strlcpy
#define strlcat kernel_strlcat
#define strcat kernel_strcat

#include "libc/string.c"
