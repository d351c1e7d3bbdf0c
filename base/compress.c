/* compress.c: one-shot use of two streaming libraries.
 *
 *   (Z1) The libraries allocate from the compressor's chunk_source only. It wants sizes back, so
 *        each piece has a header of 16 bytes with its size.
 *   (Z2) A context is made at its first use and reset for each job; after that a job allocates
 *        nothing, but when zstd's level or input outgrows what it has.
 *   (Z3) Foreign bytes decide nothing but the result: out_size bounds what unpacking writes, and
 *        zstd's window is never allocated because the whole output is one range of memory.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "base/compress.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"

struct compressor {
    struct chunk_source *source;
    z_stream deflate, inflate;
    bool deflate_is_open, inflate_is_open;
    Bytef nowhere; /* zlib refuses NULL even where there is no room */
    ZSTD_CCtx *zstd_pack;
    ZSTD_DCtx *zstd_unpack;
};

struct piece_header {
    size_t size; /* with this header */
    uint64_t unused;
};
static_assert(sizeof(struct piece_header) == 16, "pieces are aligned to 16");

static void *piece_take(void *opaque, size_t size) {
    struct chunk_source *source = opaque;
    struct piece_header *header = source->take(source, sizeof(*header) + size);
    CHECK(header != NULL);
    header->size = sizeof(*header) + size;
    return header + 1;
}

static void piece_give(void *opaque, void *piece) {
    struct chunk_source *source = opaque;
    if (piece == NULL) return;
    struct piece_header *header = (struct piece_header *)piece - 1;
    source->give(source, header, header->size);
}

static void *zlib_take(void *opaque, uInt count, uInt each) {
    return piece_take(opaque, (size_t)count * each);
}

struct compressor *compressor_open(struct chunk_source *source) {
    CHECK(source != NULL);
    struct compressor *compressor = source->take(source, sizeof(*compressor));
    CHECK(compressor != NULL);
    *compressor = (struct compressor){.source = source};
    compressor->deflate = compressor->inflate =
        (z_stream){.zalloc = zlib_take, .zfree = piece_give, .opaque = source};
    return compressor;
}

void compressor_close(struct compressor *compressor) {
    if (compressor->deflate_is_open) deflateEnd(&compressor->deflate);
    if (compressor->inflate_is_open) inflateEnd(&compressor->inflate);
    ZSTD_freeCCtx(compressor->zstd_pack);
    ZSTD_freeDCtx(compressor->zstd_unpack);
    compressor->source->give(compressor->source, compressor, sizeof(*compressor));
}

size_t compress_bound(enum compress_method method, size_t size) {
    CHECK(size <= PACKET_BYTES_MAX);
    switch (method) {
    case COMPRESS_ZLIB: return compressBound(size);
    case COMPRESS_ZSTD: return ZSTD_COMPRESSBOUND(size);
    }
    UNREACHABLE();
}

/* zlib counts in unsigned int. */
static void zlib_aim(struct compressor *compressor, z_stream *stream,
                     const struct compress_job *job) {
    CHECK(job->in.size <= UINT32_MAX);
    stream->next_in = (Bytef *)(uintptr_t)job->in.data;
    stream->avail_in = (uInt)job->in.size;
    stream->next_out = job->out_size > 0 ? job->out : &compressor->nowhere;
    stream->avail_out = (uInt)MIN(job->out_size, (size_t)UINT32_MAX);
}

static enum status zlib_pack(struct compressor *compressor, const struct compress_job *job,
                             size_t *size_out) {
    z_stream *stream = &compressor->deflate;
    int level = MAX(1, MIN(job->level, 9));
    if (!compressor->deflate_is_open) {
        int opened = deflateInit(stream, level);
        CHECK(opened == Z_OK);
        compressor->deflate_is_open = true;
    }
    int reset = deflateReset(stream);
    CHECK(reset == Z_OK);
    zlib_aim(compressor, stream, job);
    if (deflateParams(stream, level, Z_DEFAULT_STRATEGY) != Z_OK) return STATUS_TOO_LARGE;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) return STATUS_TOO_LARGE;
    *size_out = stream->total_out;
    return STATUS_OK;
}

static enum status zlib_unpack(struct compressor *compressor, const struct compress_job *job,
                               size_t *size_out) {
    z_stream *stream = &compressor->inflate;
    if (!compressor->inflate_is_open) {
        int opened = inflateInit(stream);
        CHECK(opened == Z_OK);
        compressor->inflate_is_open = true;
    }
    int reset = inflateReset(stream);
    CHECK(reset == Z_OK);
    zlib_aim(compressor, stream, job);
    int ended = inflate(stream, Z_FINISH);
    if (ended == Z_BUF_ERROR && stream->avail_out == 0) return STATUS_TOO_LARGE;
    if (ended != Z_STREAM_END || stream->avail_in > 0) return STATUS_CORRUPT;
    *size_out = stream->total_out;
    return STATUS_OK;
}

static ZSTD_customMem zstd_memory(struct compressor *compressor) {
    return (ZSTD_customMem){piece_take, piece_give, compressor->source};
}

static enum status zstd_pack(struct compressor *compressor, const struct compress_job *job,
                             size_t *size_out) {
    if (compressor->zstd_pack == NULL)
        compressor->zstd_pack = ZSTD_createCCtx_advanced(zstd_memory(compressor));
    CHECK(compressor->zstd_pack != NULL);
    int level = MAX(1, MIN(job->level, ZSTD_maxCLevel()));
    size_t size = ZSTD_compressCCtx(compressor->zstd_pack, job->out, job->out_size, job->in.data,
                                    job->in.size, level);
    if (ZSTD_isError(size)) {
        CHECK(ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall);
        return STATUS_TOO_LARGE;
    }
    *size_out = size;
    return STATUS_OK;
}

/* ZSTD_decompressDCtx would go on with a second frame: one piece is one frame. */
static bool zstd_is_one_frame(struct slice in) {
    size_t frame_size = ZSTD_findFrameCompressedSize(in.data, in.size);
    return !ZSTD_isError(frame_size) && frame_size == in.size;
}

static enum status zstd_unpack(struct compressor *compressor, const struct compress_job *job,
                               size_t *size_out) {
    if (compressor->zstd_unpack == NULL)
        compressor->zstd_unpack = ZSTD_createDCtx_advanced(zstd_memory(compressor));
    CHECK(compressor->zstd_unpack != NULL);
    if (!zstd_is_one_frame(job->in)) return STATUS_CORRUPT;
    size_t size = ZSTD_decompressDCtx(compressor->zstd_unpack, job->out, job->out_size,
                                      job->in.data, job->in.size);
    if (ZSTD_isError(size)) {
        bool is_full = ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall;
        return is_full ? STATUS_TOO_LARGE : STATUS_CORRUPT;
    }
    *size_out = size;
    return STATUS_OK;
}

enum status compressor_pack(struct compressor *compressor, const struct compress_job *job,
                            size_t *size_out) {
    CHECK(job->in.size <= PACKET_BYTES_MAX);
    switch (job->method) {
    case COMPRESS_ZLIB: return zlib_pack(compressor, job, size_out);
    case COMPRESS_ZSTD: return zstd_pack(compressor, job, size_out);
    }
    UNREACHABLE();
}

enum status compressor_unpack(struct compressor *compressor, const struct compress_job *job,
                              size_t *size_out) {
    if (job->in.size > PACKET_BYTES_MAX) return STATUS_TOO_LARGE;
    switch (job->method) {
    case COMPRESS_ZLIB: return zlib_unpack(compressor, job, size_out);
    case COMPRESS_ZSTD: return zstd_unpack(compressor, job, size_out);
    }
    UNREACHABLE();
}
