/* The order of bytes in memory: the least significant first. */
#ifndef CLOCKHAND_ENDIAN_H
#define CLOCKHAND_ENDIAN_H

#include <byteswap.h>

#define LITTLE_ENDIAN 1234
#define BIG_ENDIAN 4321
#define PDP_ENDIAN 3412
#define BYTE_ORDER LITTLE_ENDIAN

#define htobe16(value) bswap_16(value)
#define htobe32(value) bswap_32(value)
#define htobe64(value) bswap_64(value)
#define be16toh(value) bswap_16(value)
#define be32toh(value) bswap_32(value)
#define be64toh(value) bswap_64(value)
#define htole16(value) ((uint16_t)(value))
#define htole32(value) ((uint32_t)(value))
#define htole64(value) ((uint64_t)(value))
#define le16toh(value) ((uint16_t)(value))
#define le32toh(value) ((uint32_t)(value))
#define le64toh(value) ((uint64_t)(value))

#endif
