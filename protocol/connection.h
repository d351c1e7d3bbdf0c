/* protocol/connection.h: what one connection consists of, for the files of protocol/ only.
 *
 *   connection.c  life, effects, packets into states     login.c      who is it?
 *   handshake.c   greeting and login packets             scramble.c   is the password right?
 *   command.c     what does the client want?             parameter.c  values that come with commands
 *   reply.c       OK, ERR, frames of result sets         reply_row.c  rows
 *   packet.c      stream and packets                     squeeze.c    compressed packets
 */
#ifndef PROTOCOL_CONNECTION_H
#define PROTOCOL_CONNECTION_H

#include "base/machine.h"
#include "protocol/packet.h"
#include "protocol/protocol.h"
#include "protocol/scramble.h"

enum compression { COMPRESSION_NONE, COMPRESSION_ZLIB, COMPRESSION_ZSTD };

/* The largest login packet, and all that a stranger may have waiting in our buffers. */
#define LOGIN_PACKET_BYTES_MAX ((size_t)16 * 1024)
#define LOGIN_BUFFER_BYTES_MAX ((size_t)20 * 1024)
/* An RSA key of 4096 bits. */
#define SECRET_BYTES_MAX ((size_t)512)
/* A running command with this much behind it: no more is read. */
#define AHEAD_BYTES_MAX ((size_t)64 * 1024)

/* What one login knows; taken for it, wiped and given back at its end. */
struct exchange {
    struct machine machine; /* states: login.c */
    struct login login;     /* its slices lie in the held login packet */
    struct slice response, plugin;
    enum scramble_plugin account_plugin;
    uint8_t found;         /* the account exists */
    uint8_t password_used; /* for the text of 1045 */
    uint16_t stored_size, secret_size;
    uint8_t stored[SCRAMBLE_STORED_BYTES_MAX];
    uint8_t cache_digest[SCRAMBLE_CACHE_BYTES]; /* of the fast path, then what to put there */
    uint8_t cache_digest_size;
    uint8_t nonce[PROTOCOL_NONCE_BYTES];
    uint8_t secret[SECRET_BYTES_MAX]; /* a password, encrypted or in clear */
};

struct protocol {
    struct machine machine; /* states: connection.c */
    struct chunk_source *source;
    uint8_t due;              /* enum protocol_effect_kind that protocol_next has yet to say */
    uint8_t sequence;         /* of the next packet, either way */
    uint8_t squeeze_sequence; /* the same of compressed packets */
    uint8_t compression;      /* enum compression that is in force */
    uint8_t zstd_level;
    uint8_t transport; /* enum transport */
    uint32_t capabilities, packet_bytes_max;
    struct protocol_options options;
    uint8_t nonce[PROTOCOL_NONCE_BYTES]; /* of the greeting */
    struct exchange *exchange;           /* NULL when nobody logs in */
    struct command command;              /* when a COMMAND is due */
    struct slice infile;                 /* when INFILE_DATA is due */
    struct input input;                  /* packets */
    struct input squeezed;               /* compressed packets, once compression began */
    struct output output;                /* packets */
    struct output squeezed_out;          /* compressed packets */
};

static inline bool protocol_has(const struct protocol *protocol, uint32_t capability) {
    return (protocol->capabilities & capability) != 0;
}

/* connection.c: ERR (with the list's text when `message` is empty), then CLOSE. */
void connection_fail(struct protocol *protocol, enum mysql_error error, struct slice message);

/* handshake.c. Statuses: OK; CORRUPT: malformed; UNSUPPORTED: a client older than 4.1. */
void handshake_greet(struct protocol *protocol);
bool handshake_is_tls_request(const struct protocol *protocol, struct slice payload);
/* Reads a login packet into capabilities and exchange. */
MUST_USE enum status handshake_read(struct protocol *protocol, struct slice payload);
/* The same for COM_CHANGE_USER, without its first byte. */
MUST_USE enum status handshake_read_change(struct protocol *protocol, struct slice payload);
/* What was agreed, from the capabilities. */
enum compression handshake_compression(const struct protocol *protocol);

/* login.c */
void login_open(struct protocol *protocol, enum login_cause cause);
/* Wipes and gives the exchange back. */
void login_close(struct protocol *protocol);
/* The login packet was read into the exchange. */
void login_begin(struct protocol *protocol);
bool login_wants_packet(const struct protocol *protocol);
void login_packet(struct protocol *protocol, struct slice payload);
bool login_is_proved(const struct protocol *protocol);

/* command.c. OK: protocol->command is filled; CORRUPT: malformed; UNSUPPORTED: unknown. */
MUST_USE enum status command_decode(struct protocol *protocol, struct slice payload);

/* parameter.c: passes over `count` query attributes of a COM_QUERY; fails the reader when malformed. */
void parameters_skip(struct reader *reader, uint64_t count);

/* squeeze.c. Unpacks one compressed packet into the input. END: more bytes are needed; CORRUPT, TOO_LARGE,
 * WRONG_ORDER. */
MUST_USE enum status squeeze_take(struct protocol *protocol);
/* Compresses the whole packets of the output into squeezed_out. */
void squeeze_output(struct protocol *protocol);

#endif
