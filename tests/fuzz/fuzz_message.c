/* Does any frame crash the decoder, or decode to something that encodes differently? Checksums are
 * repaired, since a fuzzer cannot guess them. */
#include <stdlib.h>

#include "base/crc32c.h"
#include "tests/base/chunks.h"
#include "wire/configuration.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(struct slice frame, struct arena *arena) {
    struct message message;
    if (message_decode(frame, &message) != STATUS_OK) return;
    size_t size = message_size(&message);
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    message_encode(&writer, &message);
    CHECK(slice_equal(writer_written(&writer), frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct cluster_configuration *configuration;
    enum status status = configuration_read(slice_of(data, size), &arena, &configuration);
    (void)status;
    if (size >= MESSAGE_FRAME_BYTES + MESSAGE_HEADER_BYTES && size < MESSAGE_BYTES_MAX) {
        uint8_t *frame = arena_alloc(&arena, size);
        memcpy(frame, data, size);
        store_le32(frame, (uint32_t)size);
        store_le32(frame + 4, crc32c(0, slice_of(frame + 8, size - 8)));
        round_trip(slice_of(frame, size), &arena);
    }
    arena_close(&arena);
    CHECK(chunks.out_bytes == 0);
    return 0;
}
