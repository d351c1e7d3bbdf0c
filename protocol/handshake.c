/* handshake.c: what do the packets of a login hold?
 *
 * greeting:  | 10 | version NUL | connection id 4 | nonce 8 | 0 | capabilities low 2 | collation 1 | status 2 |
 *            | capabilities high 2 | 21 | 10 zeros | nonce 12 NUL | plugin NUL |
 * TLS request: the first 32 bytes of a login, and nothing more.
 * login:     | capabilities 4 | packet size 4 | collation 1 | 23 zeros | user NUL | response | [database NUL] |
 *            | [plugin NUL] | [attributes] | [zstd level 1] |
 * change:    | 17 | user NUL | response | database NUL | [collation 2] | [plugin NUL] | [attributes] |
 *
 * The response comes with a length-encoded size, with a size of one byte, or ends with a NUL: the capabilities
 * say which. Clients leave out parts at the end and the last NUL; a part that has begun must be whole.
 *
 *   (H1) What counts is what both sides can: bits that we did not offer are dropped, known or not.
 *   (H2) Attributes are checked here, so that whoever reads them later needs no error path.
 */
#include "protocol/connection.h"

#define TLS_REQUEST_BYTES ((size_t)32)
#define GREETING_VERSION  10

static uint32_t handshake_offered(const struct protocol *protocol) {
    uint32_t always = CAPABILITY_LONG_PASSWORD | CAPABILITY_FOUND_ROWS | CAPABILITY_LONG_FLAG |
                      CAPABILITY_CONNECT_WITH_DB | CAPABILITY_NO_SCHEMA | CAPABILITY_ODBC |
                      CAPABILITY_IGNORE_SPACE | CAPABILITY_PROTOCOL_41 | CAPABILITY_INTERACTIVE |
                      CAPABILITY_IGNORE_SIGPIPE | CAPABILITY_TRANSACTIONS | CAPABILITY_RESERVED |
                      CAPABILITY_SECURE_CONNECTION | CAPABILITY_MULTI_STATEMENTS |
                      CAPABILITY_MULTI_RESULTS | CAPABILITY_PS_MULTI_RESULTS |
                      CAPABILITY_PLUGIN_AUTH | CAPABILITY_CONNECT_ATTRS | CAPABILITY_LENENC_AUTH |
                      CAPABILITY_SESSION_TRACK | CAPABILITY_DEPRECATE_EOF |
                      CAPABILITY_QUERY_ATTRIBUTES;
    uint32_t choices = CAPABILITY_SSL | CAPABILITY_LOCAL_FILES | CAPABILITY_COMPRESS |
                       CAPABILITY_ZSTD | CAPABILITY_EXPIRED_PASSWORDS;
    return always | (protocol->options.offered & choices);
}

void handshake_greet(struct protocol *protocol) {
    struct output *output = &protocol->output;
    uint32_t offered = handshake_offered(protocol);
    packet_begin(output);
    output_u8(output, GREETING_VERSION);
    output_text_nul(output, protocol->options.server_version);
    output_u32(output, (uint32_t)protocol->options.connection_id);
    output_text_nul(output, slice_of(protocol->nonce, 8));
    output_u16(output, (uint16_t)offered);
    output_u8(output, (uint8_t)protocol->options.collation_id);
    output_u16(output, SERVER_AUTOCOMMIT);
    output_u16(output, (uint16_t)(offered >> 16));
    output_u8(output, PROTOCOL_NONCE_BYTES + 1);
    output_bytes(output, slice_of("\0\0\0\0\0\0\0\0\0\0", 10));
    output_text_nul(output, slice_of(protocol->nonce + 8, PROTOCOL_NONCE_BYTES - 8));
    output_text_nul(output, scramble_plugin_name(SCRAMBLE_CACHING_SHA2));
    packet_end(output, &protocol->sequence);
}

bool handshake_is_tls_request(const struct protocol *protocol, struct slice payload) {
    return payload.size == TLS_REQUEST_BYTES && protocol->transport != TRANSPORT_SECURE &&
           (load_le32(payload.data) & handshake_offered(protocol) & CAPABILITY_SSL) != 0;
}

enum compression handshake_compression(const struct protocol *protocol) {
    if (protocol_has(protocol, CAPABILITY_COMPRESS)) return COMPRESSION_ZLIB;
    if (protocol_has(protocol, CAPABILITY_ZSTD)) return COMPRESSION_ZSTD;
    return COMPRESSION_NONE;
}

static struct slice read_response(const struct protocol *protocol, struct reader *reader) {
    if (protocol_has(protocol, CAPABILITY_LENENC_AUTH)) return reader_lenenc_slice(reader);
    if (protocol_has(protocol, CAPABILITY_SECURE_CONNECTION)) {
        return reader_take(reader, reader_u8(reader));
    }
    return reader_text(reader);
}

/* All pairs of a block, (H2). */
static bool attributes_check(struct slice bytes) {
    struct reader reader = reader_of(bytes);
    while (reader_left(&reader) > 0) {
        (void)reader_lenenc_slice(&reader);
        (void)reader_lenenc_slice(&reader);
    }
    return !reader.failed;
}

bool attributes_next(struct attributes *attributes, struct slice *name_out,
                     struct slice *value_out) {
    if (attributes->bytes.size == 0) return false;
    struct reader reader = reader_of(attributes->bytes);
    *name_out = reader_lenenc_slice(&reader);
    *value_out = reader_lenenc_slice(&reader);
    CHECK(!reader.failed);
    attributes->bytes = slice_of(reader.at, reader_left(&reader));
    return true;
}

/* Plugin and attributes: the end that both packets share. */
static void read_tail(const struct protocol *protocol, struct reader *reader) {
    struct exchange *exchange = protocol->exchange;
    if (protocol_has(protocol, CAPABILITY_PLUGIN_AUTH)) exchange->plugin = reader_text(reader);
    if (!protocol_has(protocol, CAPABILITY_CONNECT_ATTRS) || reader_left(reader) == 0) return;
    struct slice attributes = reader_lenenc_slice(reader);
    if (!attributes_check(attributes)) {
        reader_fail(reader);
        return;
    }
    exchange->login.attributes.bytes = attributes;
}

enum status handshake_read(struct protocol *protocol, struct slice payload) {
    struct reader reader = reader_of(payload);
    struct exchange *exchange = protocol->exchange;
    uint32_t wanted = reader_u32(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    if ((wanted & CAPABILITY_PROTOCOL_41) == 0) return STATUS_UNSUPPORTED;
    (void)reader_u32(&reader);
    exchange->login.collation_id = reader_u8(&reader);
    (void)reader_take(&reader, 23);
    exchange->login.user = reader_text_nul(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    protocol->capabilities = wanted & handshake_offered(protocol); /* (H1) */
    exchange->response = read_response(protocol, &reader);
    if (protocol_has(protocol, CAPABILITY_CONNECT_WITH_DB)) {
        exchange->login.database = reader_text(&reader);
    }
    read_tail(protocol, &reader);
    if (handshake_compression(protocol) == COMPRESSION_ZSTD && reader_left(&reader) > 0) {
        protocol->zstd_level = reader_u8(&reader);
    }
    return reader.failed ? STATUS_CORRUPT : STATUS_OK;
}

enum status handshake_read_change(struct protocol *protocol, struct slice payload) {
    struct reader reader = reader_of(payload);
    struct exchange *exchange = protocol->exchange;
    exchange->login.user = reader_text_nul(&reader);
    if (protocol_has(protocol, CAPABILITY_SECURE_CONNECTION)) {
        exchange->response = reader_take(&reader, reader_u8(&reader));
    } else {
        exchange->response = reader_text(&reader);
    }
    exchange->login.database = reader_text(&reader);
    exchange->login.collation_id = protocol->options.collation_id;
    if (reader_left(&reader) >= 2) exchange->login.collation_id = reader_u16(&reader);
    read_tail(protocol, &reader);
    return reader.failed ? STATUS_CORRUPT : STATUS_OK;
}
