/* base/crc32c.h: the checksum of everything that is stored or sent between nodes (CRC-32C,
 * Castagnoli).
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/bytes.h"

/* Of all bytes so far: `crc` is 0 at first, then the result for the bytes before. */
uint32_t crc32c(uint32_t crc, struct slice bytes);

#endif
