/* base/crc32c.h: CRC-32C (Castagnoli), the checksum of all that is stored or sent between nodes. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/bytes.h"

/* Of all bytes so far: `crc` is 0 at first, then the result for the bytes before. */
uint32_t crc32c(uint32_t crc, struct slice bytes);

#endif
