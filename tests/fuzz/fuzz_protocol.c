/* Can any bytes from a client crash the protocol, or make it keep more memory than it may? The first byte
 * chooses how the connection is set up and how the rest is cut into pieces; effects are answered at once, each
 * command with a small result set. tests/fuzz/replay.c is its main without libFuzzer. */
#include <stdlib.h>

#include "protocol/protocol.h"
#include "row/collation.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT_SMALL = 1, IS_TLS = 2, IS_SQUEEZED = 4, IS_INSIDE = 8, HAS_ATTRIBUTES = 16 };
enum { PARAMETERS = 3, PACKET_BYTES = 1 << 18 };

struct fuzz {
    struct chunks chunks; /* first */
    struct protocol *protocol;
    struct arena arena;
    uint16_t types[PARAMETERS];
    struct parameter_binding binding;
    int is_closed;
};

static void decode(struct fuzz *fuzz, const struct command *command) {
    struct parameter_list list = {0};
    enum status status = STATUS_OK;
    if (command->kind == COMMAND_STMT_EXECUTE) {
        status =
            protocol_decode_execute(fuzz->protocol, command, &fuzz->binding, &fuzz->arena, &list);
    } else if (command->kind == COMMAND_QUERY) {
        status =
            protocol_decode_attributes(&command->query, COLLATION_DEFAULT, &fuzz->arena, &list);
    }
    struct column_type type = {.kind = COLUMN_LONGTEXT};
    for (uint32_t i = 0; status == STATUS_OK && i < list.count; i++) {
        reply_row(fuzz->protocol, ROW_TEXT, &type, &list.items[i].value, 1);
    }
    arena_reset(&fuzz->arena);
}

static void on_command(struct fuzz *fuzz, const struct command *command) {
    static const struct reply_ok ok = {.status = SERVER_AUTOCOMMIT};
    bool wants_file = command->kind == COMMAND_QUERY && command->query.text.size == 1 &&
                      (protocol_capabilities(fuzz->protocol) & CAPABILITY_LOCAL_FILES) != 0;
    decode(fuzz, command);
    if (wants_file) {
        reply_infile_request(fuzz->protocol, SLICE_LITERAL("f"));
        return;
    }
    reply_ok(fuzz->protocol, &ok);
    protocol_command_done(fuzz->protocol);
}

static void on_effect(struct fuzz *fuzz, const struct protocol_effect *effect) {
    static const struct reply_ok ok = {.status = SERVER_AUTOCOMMIT};
    struct credential account = {.found = 1, .plugin = SLICE_LITERAL("caching_sha2_password")};
    struct attributes attributes = effect->login.attributes;
    struct slice name, value;
    switch (effect->kind) {
    case PROTOCOL_NOTHING: return;
    case PROTOCOL_START_TLS: protocol_tls_started(fuzz->protocol); return;
    case PROTOCOL_NEED_CREDENTIAL:
        if (effect->login.user.size % 2 != 0) account.stored = SLICE_LITERAL("$A$005$");
        while (attributes_next(&attributes, &name, &value)) CHECK(name.size <= PACKET_BYTES);
        protocol_give_credential(fuzz->protocol, &account);
        return;
    case PROTOCOL_NEED_PUBLIC_KEY:
        protocol_give_public_key(fuzz->protocol, SLICE_LITERAL("key"));
        return;
    case PROTOCOL_NEED_DECRYPTION:
        protocol_give_decrypted(fuzz->protocol, STATUS_OK, effect->encrypted);
        return;
    case PROTOCOL_NEED_VERIFICATION:
        CHECK(effect->verification.password.size <= PROTOCOL_PASSWORD_BYTES_MAX);
        protocol_give_verdict(fuzz->protocol, STATUS_OK);
        return;
    case PROTOCOL_LOGIN: protocol_accept(fuzz->protocol, &ok); return;
    case PROTOCOL_COMMAND: on_command(fuzz, &effect->command); return;
    case PROTOCOL_INFILE_DATA:
        if (effect->infile.size > 0) return;
        reply_ok(fuzz->protocol, &ok);
        protocol_command_done(fuzz->protocol);
        return;
    case PROTOCOL_CLOSE: fuzz->is_closed = 1; return;
    }
}

static void feed(struct fuzz *fuzz, const uint8_t *data, size_t size) {
    struct protocol_effect effect;
    protocol_receive(fuzz->protocol, slice_of(data, size));
    do {
        protocol_next(fuzz->protocol, &effect);
        on_effect(fuzz, &effect);
        struct slice unsent = protocol_unsent(fuzz->protocol);
        protocol_sent(fuzz->protocol, unsent.size);
    } while (effect.kind != PROTOCOL_NOTHING);
}

/* Past the login, so that the fuzzer need not find its way in. */
static void feed_login(struct fuzz *fuzz, uint8_t choice) {
    uint32_t capabilities = CAPABILITY_PROTOCOL_41 | CAPABILITY_SECURE_CONNECTION |
                            CAPABILITY_PLUGIN_AUTH | CAPABILITY_LOCAL_FILES;
    if (choice & IS_SQUEEZED) capabilities |= CAPABILITY_COMPRESS;
    if (choice & HAS_ATTRIBUTES) capabilities |= CAPABILITY_QUERY_ATTRIBUTES;
    static const char plugin[] = "root\0\0caching_sha2_password"; /* "root", no response, plugin */
    uint8_t packet[4 + 32 + sizeof plugin] = {32 + sizeof plugin, 0, 0, 1};
    store_le32(packet + 4, capabilities);
    memcpy(packet + 36, plugin, sizeof plugin);
    feed(fuzz, packet, sizeof packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t choice = data[0];
    struct fuzz fuzz = {.chunks = chunks_open()};
    struct compressor *compressor = compressor_open(&fuzz.chunks.source);
    struct protocol_options options = {
        .offered = CAPABILITY_LOCAL_FILES | CAPABILITY_COMPRESS | CAPABILITY_ZSTD |
                   (choice & IS_TLS ? CAPABILITY_SSL : 0),
        .packet_bytes_max = PACKET_BYTES,
        .server_version = SLICE_LITERAL("8.4.0"),
        .client_host = SLICE_LITERAL("localhost"),
        .compressor = compressor,
    };
    arena_open(&fuzz.arena, &fuzz.chunks.source, 0);
    fuzz.binding = (struct parameter_binding){.count = PARAMETERS, .types = fuzz.types};
    fuzz.protocol = protocol_open(&fuzz.chunks.source, &options);
    if (choice & IS_INSIDE) feed_login(&fuzz, choice);
    size_t step = choice & CUT_SMALL ? 3 : 100000;
    for (size_t at = 1; at < size && !fuzz.is_closed; at += step) {
        feed(&fuzz, data + at, MIN(step, size - at));
    }
    protocol_close(fuzz.protocol);
    arena_close(&fuzz.arena);
    compressor_close(compressor);
    CHECK(fuzz.chunks.out_bytes == 0);
    return 0;
}
