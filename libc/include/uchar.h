/* Characters of UTF-16 and UTF-32: as all wide characters here they are those of bytes, 0 to 255. */
#ifndef CLOCKHAND_UCHAR_H
#define CLOCKHAND_UCHAR_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#ifndef __cplusplus
typedef uint16_t char16_t;
typedef uint32_t char32_t;
#endif

size_t mbrtoc16(char16_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state);
size_t c16rtomb(char *restrict text, char16_t wide, mbstate_t *restrict state);
size_t mbrtoc32(char32_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state);
size_t c32rtomb(char *restrict text, char32_t wide, mbstate_t *restrict state);

#endif
