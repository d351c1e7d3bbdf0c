/* connection.c: how does a connection live, from the greeting to the close?
 *
 *                     TLS
 *                     ^ |
 *                     | v
 *      (open) --> GREETING --> LOGIN ---------> READY ---------> EXECUTING <--> INFILE
 *                     |          |  ^            |  ^                 |           |
 *                     |          |  +------------+  +-----------------+           |
 *                     |          |   CHANGE_USER      command_done                |
 *                     +----------+---------------+--------------------+-----------+--> CLOSED
 *
 * LOGIN has states of its own, in login.c.
 *
 *   (C1) One effect is said at a time (`due`), once. While an answer is awaited no packet is taken, so a client may
 *        send ahead: the next command waits in the input.
 *   (C2) What the running command or login borrows is held in the input (packet.c, P1) until it is done.
 *   (C3) Before LOGIN is over, a packet is at most 16 KB, what waits is at most 20 KB, and the buffers together
 *        stay below PRELOGIN_BYTES_MAX: two input buffers (one held), the exchange and the output.
 *   (C4) Bytes that follow a TLS request in clear are TLS's; none of them is ever taken for a packet.
 *   (C5) The OK of a login travels uncompressed; what follows it, either way, is compressed if that was agreed.
 */
#include "protocol/connection.h"

enum connection_state { GREETING, TLS, LOGIN, READY, EXECUTING, INFILE, CLOSED };

static const struct machine_state states[] = {
    [GREETING] = {"greeting", TO(TLS) | TO(LOGIN) | TO(CLOSED)},
    [TLS] = {"tls", TO(GREETING) | TO(CLOSED)},
    [LOGIN] = {"login", TO(READY) | TO(CLOSED)},
    [READY] = {"ready", TO(EXECUTING) | TO(LOGIN) | TO(CLOSED)},
    [EXECUTING] = {"executing", TO(READY) | TO(INFILE) | TO(CLOSED)},
    [INFILE] = {"infile", TO(EXECUTING) | TO(CLOSED)},
    [CLOSED] = {"closed", 0},
};

static_assert(2 * (LOGIN_BUFFER_BYTES_MAX + LOGIN_BUFFER_BYTES_MAX / INPUT_SPARE_SHARE) +
                      sizeof(struct exchange) + sizeof(struct protocol) + 8 * KIB <=
                  PRELOGIN_BYTES_MAX,
              "(C3), with 8 KB of output");

struct protocol *protocol_open(struct chunk_source *source,
                               const struct protocol_options *options) {
    CHECK(options->packet_bytes_max > 0);
    CHECK(options->packet_bytes_max <= PACKET_BYTES_MAX);
    struct protocol *protocol = source->take(source, sizeof *protocol);
    *protocol = (struct protocol){
        .source = source,
        .transport = (uint8_t)options->transport,
        .packet_bytes_max = options->packet_bytes_max,
        .options = *options,
    };
    machine_open(&protocol->machine, states, GREETING);
    input_open(&protocol->input, source);
    input_open(&protocol->squeezed, source);
    output_open(&protocol->output, source);
    output_open(&protocol->squeezed_out, source);
    scramble_nonce(options->nonce_random, protocol->nonce);
    handshake_greet(protocol);
    return protocol;
}

void protocol_close(struct protocol *protocol) {
    login_close(protocol);
    input_close(&protocol->input);
    input_close(&protocol->squeezed);
    output_close(&protocol->output);
    output_close(&protocol->squeezed_out);
    protocol->source->give(protocol->source, protocol, sizeof *protocol);
}

static void connection_close(struct protocol *protocol) {
    if (protocol->machine.state == CLOSED) return;
    machine_move(&protocol->machine, CLOSED);
    login_close(protocol); /* answers that come late find no exchange */
    protocol->due = PROTOCOL_CLOSE;
}

void connection_fail(struct protocol *protocol, enum mysql_error error, struct slice message) {
    if (protocol->machine.state == CLOSED) return;
    if (message.size == 0) message = slice_of_text(mysql_error_format(error));
    reply_error(protocol, error, message);
    connection_close(protocol);
}

void protocol_end(struct protocol *protocol, enum mysql_error error, struct slice message) {
    if (error != ER_NONE) {
        connection_fail(protocol, error, message);
    } else {
        connection_close(protocol);
    }
}

/* ---- Bytes in ---- */

static bool is_stranger(const struct protocol *protocol) {
    uint8_t state = protocol->machine.state;
    return state == GREETING || state == TLS ||
           (state == LOGIN && protocol->exchange->login.cause == LOGIN_CONNECT);
}

void protocol_receive(struct protocol *protocol, struct slice bytes) {
    if (protocol->machine.state == CLOSED || bytes.size == 0) return;
    bool is_squeezed = protocol->compression != COMPRESSION_NONE;
    struct input *input = is_squeezed ? &protocol->squeezed : &protocol->input;
    if (is_stranger(protocol) && input_size(input) + bytes.size > LOGIN_BUFFER_BYTES_MAX) {
        connection_fail(protocol, ER_NET_PACKET_TOO_LARGE, SLICE_EMPTY); /* (C3) */
        return;
    }
    memcpy(input_room(input, bytes.size), bytes.data, bytes.size);
    input_added(input, bytes.size);
}

bool protocol_wants_bytes(const struct protocol *protocol) {
    switch ((enum connection_state)protocol->machine.state) {
    case GREETING:
    case LOGIN:
    case READY:
    case INFILE: return true;
    case TLS:
    case CLOSED: return false;
    case EXECUTING:
        return input_size(&protocol->input) + input_size(&protocol->squeezed) < AHEAD_BYTES_MAX;
    }
    UNREACHABLE();
}

/* The next packet, or END; a broken stream ends the connection and gives END too. */
static enum status connection_packet(struct protocol *protocol, struct slice *payload_out) {
    bool is_squeezed = protocol->compression != COMPRESSION_NONE;
    enum packet_order order = is_squeezed ? PACKET_ORDER_ADOPTED : PACKET_ORDER_CHECKED;
    size_t bytes_max =
        is_stranger(protocol) ? LOGIN_PACKET_BYTES_MAX : (size_t)protocol->packet_bytes_max;
    enum status status;
    do {
        status = packet_take(&protocol->input, bytes_max, order, &protocol->sequence, payload_out);
        if (status != STATUS_END || !is_squeezed) break;
        status = squeeze_take(protocol);
    } while (status == STATUS_OK);
    if (status == STATUS_OK || status == STATUS_END) return status;
    if (status == STATUS_TOO_LARGE) {
        connection_fail(protocol, ER_NET_PACKET_TOO_LARGE, SLICE_EMPTY);
    } else if (status == STATUS_CORRUPT) {
        connection_fail(protocol, ER_NET_UNCOMPRESS_ERROR, SLICE_EMPTY);
    } else {
        CHECK(status == STATUS_WRONG_ORDER);
        connection_fail(protocol, ER_NET_PACKETS_OUT_OF_ORDER, SLICE_EMPTY);
    }
    return STATUS_END;
}

/* ---- Packets into states ---- */

static void on_greeting_packet(struct protocol *protocol, struct slice payload) {
    if (handshake_is_tls_request(protocol, payload)) {
        machine_move(&protocol->machine, TLS);
        protocol->due = PROTOCOL_START_TLS;
        return;
    }
    login_open(protocol, LOGIN_CONNECT);
    enum status status = handshake_read(protocol, payload);
    if (status != STATUS_OK) {
        bool is_old = status == STATUS_UNSUPPORTED;
        connection_fail(protocol, is_old ? ER_NOT_SUPPORTED_AUTH_MODE : ER_HANDSHAKE_ERROR,
                        SLICE_EMPTY);
        return;
    }
    input_hold(&protocol->input); /* (C2) */
    machine_move(&protocol->machine, LOGIN);
    login_begin(protocol);
}

/* No command runs any more; the next one counts from 0. The reply gets its numbers before that. */
static void connection_idle(struct protocol *protocol) {
    if (protocol->compression != COMPRESSION_NONE) squeeze_output(protocol);
    input_release(&protocol->input);
    protocol->sequence = protocol->squeeze_sequence = 0;
    output_shrink(&protocol->output);
    output_shrink(&protocol->squeezed_out);
}

static void on_change_user(struct protocol *protocol, struct slice payload) {
    login_open(protocol, LOGIN_CHANGE_USER);
    if (handshake_read_change(protocol, payload) != STATUS_OK) {
        connection_fail(protocol, ER_MALFORMED_PACKET, SLICE_EMPTY);
        return;
    }
    input_hold(&protocol->input); /* (C2) */
    machine_move(&protocol->machine, LOGIN);
    login_begin(protocol);
}

static void on_command_packet(struct protocol *protocol, struct slice payload) {
    enum status status = command_decode(protocol, payload);
    if (status != STATUS_OK) {
        bool is_unknown = status == STATUS_UNSUPPORTED;
        enum mysql_error error = is_unknown ? ER_UNKNOWN_COM_ERROR : ER_MALFORMED_PACKET;
        reply_error(protocol, error, slice_of_text(mysql_error_format(error)));
        connection_idle(protocol);
        return;
    }
    if (protocol->command.kind == COMMAND_QUIT) {
        connection_close(protocol);
    } else if (protocol->command.kind == COMMAND_CHANGE_USER) {
        on_change_user(protocol, slice_part(payload, 1, payload.size - 1));
    } else {
        input_hold(&protocol->input); /* (C2) */
        machine_move(&protocol->machine, EXECUTING);
        protocol->due = PROTOCOL_COMMAND;
    }
}

static void on_infile_packet(struct protocol *protocol, struct slice payload) {
    protocol->infile = payload;
    protocol->due = PROTOCOL_INFILE_DATA;
    if (payload.size == 0) machine_move(&protocol->machine, EXECUTING);
}

static bool connection_wants_packet(const struct protocol *protocol) {
    switch ((enum connection_state)protocol->machine.state) {
    case GREETING:
    case READY:
    case INFILE: return true;
    case LOGIN: return login_wants_packet(protocol);
    case TLS:
    case EXECUTING:
    case CLOSED: return false;
    }
    UNREACHABLE();
}

static void on_packet(struct protocol *protocol, struct slice payload) {
    switch ((enum connection_state)protocol->machine.state) {
    case GREETING: on_greeting_packet(protocol, payload); return;
    case LOGIN: login_packet(protocol, payload); return;
    case READY: on_command_packet(protocol, payload); return;
    case INFILE: on_infile_packet(protocol, payload); return;
    case TLS:
    case EXECUTING:
    case CLOSED: break;
    }
    UNREACHABLE();
}

/* ---- Effects out ---- */

static void effect_fill(struct protocol *protocol, struct protocol_effect *effect) {
    struct exchange *exchange = protocol->exchange;
    switch (effect->kind) {
    case PROTOCOL_START_TLS: { /* (C4) */
        struct input *input = &protocol->input;
        effect->tls_bytes = slice_of(input->data + input->start, input_size(input));
        input->start = input->end;
        return;
    }
    case PROTOCOL_LOGIN:
    case PROTOCOL_NEED_CREDENTIAL: effect->login = exchange->login; return;
    case PROTOCOL_NEED_DECRYPTION:
        effect->encrypted = slice_of(exchange->secret, exchange->secret_size);
        return;
    case PROTOCOL_NEED_VERIFICATION:
        effect->verification.password = slice_of(exchange->secret, exchange->secret_size);
        effect->verification.stored = slice_of(exchange->stored, exchange->stored_size);
        return;
    case PROTOCOL_COMMAND: effect->command = protocol->command; return;
    case PROTOCOL_INFILE_DATA: effect->infile = protocol->infile; return;
    case PROTOCOL_NOTHING:
    case PROTOCOL_NEED_PUBLIC_KEY:
    case PROTOCOL_CLOSE: return;
    }
    UNREACHABLE();
}

void protocol_next(struct protocol *protocol, struct protocol_effect *effect_out) {
    struct slice payload;
    while (protocol->due == PROTOCOL_NOTHING && connection_wants_packet(protocol)) { /* (C1) */
        if (connection_packet(protocol, &payload) != STATUS_OK) break;
        on_packet(protocol, payload);
    }
    *effect_out = (struct protocol_effect){.kind = protocol->due};
    protocol->due = PROTOCOL_NOTHING;
    effect_fill(protocol, effect_out);
}

/* ---- Answers ---- */

void protocol_tls_started(struct protocol *protocol) {
    if (protocol->machine.state == CLOSED) return;
    CHECK(protocol->machine.state == TLS);
    protocol->transport = TRANSPORT_SECURE;
    machine_move(&protocol->machine, GREETING);
}

/* The plain bytes on their way become the first of the compressed stream's. (C5) */
static void compression_begin(struct protocol *protocol) {
    CHECK(protocol->input.joined == 0);
    CHECK(input_size(&protocol->squeezed) == 0);
    struct input empty_input = protocol->squeezed;
    struct output empty_output = protocol->squeezed_out;
    protocol->squeezed = protocol->input;
    protocol->squeezed_out = protocol->output;
    protocol->input = empty_input;
    protocol->output = empty_output;
    protocol->compression = (uint8_t)handshake_compression(protocol);
}

void protocol_accept(struct protocol *protocol, const struct reply_ok *ok) {
    if (protocol->machine.state == CLOSED) return;
    CHECK(protocol->machine.state == LOGIN);
    CHECK(login_is_proved(protocol));
    reply_ok(protocol, ok);
    login_close(protocol);
    machine_move(&protocol->machine, READY);
    connection_idle(protocol);
    if (protocol->compression == COMPRESSION_NONE &&
        handshake_compression(protocol) != COMPRESSION_NONE) {
        compression_begin(protocol);
    }
}

void protocol_refuse(struct protocol *protocol, enum mysql_error error, struct slice message) {
    if (protocol->machine.state == CLOSED) return;
    CHECK(protocol->machine.state == LOGIN);
    connection_fail(protocol, error, message);
}

void protocol_command_done(struct protocol *protocol) {
    if (protocol->machine.state == CLOSED) return;
    CHECK(protocol->machine.state == EXECUTING);
    CHECK(protocol->output.packet_at == PACKET_NONE);
    machine_move(&protocol->machine, READY);
    connection_idle(protocol);
}

void reply_infile_request(struct protocol *protocol, struct slice file_name) {
    if (protocol->machine.state == CLOSED) return;
    CHECK(protocol_has(protocol, CAPABILITY_LOCAL_FILES));
    packet_begin(&protocol->output);
    output_u8(&protocol->output, LENENC_NULL);
    output_bytes(&protocol->output, file_name);
    packet_end(&protocol->output, &protocol->sequence);
    machine_move(&protocol->machine, INFILE);
}

/* ---- What was agreed ---- */

uint32_t protocol_capabilities(const struct protocol *protocol) { return protocol->capabilities; }

const char *protocol_compression_name(const struct protocol *protocol) {
    switch ((enum compression)protocol->compression) {
    case COMPRESSION_NONE: return "";
    case COMPRESSION_ZLIB: return "zlib";
    case COMPRESSION_ZSTD: return "zstd";
    }
    UNREACHABLE();
}

void protocol_set_packet_bytes_max(struct protocol *protocol, uint32_t bytes) {
    CHECK(bytes > 0 && bytes <= PACKET_BYTES_MAX);
    protocol->packet_bytes_max = bytes;
}

void protocol_set_multi_statements(struct protocol *protocol, enum multi_statements choice) {
    if (choice == MULTI_STATEMENTS_ON) {
        protocol->capabilities |= CAPABILITY_MULTI_STATEMENTS;
    } else {
        protocol->capabilities &= ~(uint32_t)CAPABILITY_MULTI_STATEMENTS;
    }
}

/* ---- Bytes out ---- */

static struct output *output_outer(struct protocol *protocol) {
    return protocol->compression == COMPRESSION_NONE ? &protocol->output : &protocol->squeezed_out;
}

struct slice protocol_unsent(struct protocol *protocol) {
    if (protocol->compression != COMPRESSION_NONE) squeeze_output(protocol);
    return output_whole(output_outer(protocol));
}

size_t protocol_unsent_size(const struct protocol *protocol) {
    return output_whole(&protocol->output).size + output_whole(&protocol->squeezed_out).size;
}

void protocol_sent(struct protocol *protocol, size_t size) {
    output_sent(output_outer(protocol), size);
    if (protocol->machine.state == EXECUTING) return;
    output_shrink(&protocol->output);
    output_shrink(&protocol->squeezed_out);
}
