/* base/compress.h: zlib and zstd on whole pieces of bytes, from memory into memory.
 *
 * A compressor keeps the libraries' working memory between calls (about 300 KB for zlib; for zstd
 * 100 KB to unpack, a MB or so to pack, more at high levels), so there is one for a thread, not one
 * for a connection. It takes that memory when it first needs it.
 */
#ifndef BASE_COMPRESS_H
#define BASE_COMPRESS_H

#include "base/arena.h"
#include "base/status.h"

enum compress_method {
    COMPRESS_ZLIB, /* zlib format (RFC 1950), levels 1 to 9 */
    COMPRESS_ZSTD, /* one zstd frame, levels 1 to 22 */
};

struct compressor;

struct compressor *compressor_open(struct chunk_source *source);
void compressor_close(struct compressor *compressor);

/* How large the packed form of `size` bytes can be; size is PACKET_BYTES_MAX at most. */
size_t compress_bound(enum compress_method method, size_t size);

/* What to do, and where the result goes. */
struct compress_job {
    enum compress_method method;
    int level; /* to pack; brought into the method's range */
    struct slice in;
    uint8_t *out;
    size_t out_size; /* room at out */
};

/* STATUS_TOO_LARGE: the result does not fit into out_size (never with compress_bound). */
MUST_USE enum status compressor_pack(struct compressor *compressor, const struct compress_job *job,
                                     size_t *size_out);
/* STATUS_CORRUPT: not one complete piece with nothing behind it. STATUS_TOO_LARGE: more than
 * out_size. */
MUST_USE enum status compressor_unpack(struct compressor *compressor,
                                       const struct compress_job *job, size_t *size_out);

#endif
