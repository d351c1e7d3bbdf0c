/* io/tls.h: TLS 1.2 and 1.3 for clients, between memory and memory.
 *
 * OpenSSL never sees a socket: received bytes are fed in, bytes to send are taken out, so a
 * connection makes one recv and one send whether it is encrypted or not.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/bytes.h"
#include "base/status.h"

struct tls_context;
struct tls;

/* Certificate and key from `directory` (ca.pem, server-cert.pem, server-key.pem); what is not there
 * is made: an own authority and a P-256 certificate of 10 years. INVALID: the files there are no
 * pair of certificate and key; FULL, DENIED: they could not be written. */
MUST_USE enum status tls_context_open(const char *directory, struct tls_context **context_out);
void tls_context_close(struct tls_context *context);

struct tls *tls_open(struct tls_context *context);
void tls_close(struct tls *tls);
/* Bytes from the peer. CORRUPT: this is no TLS, or an alert ended it: close the connection after
 * sending what is unsent. */
MUST_USE enum status tls_feed(struct tls *tls, struct slice received);
/* Decrypted bytes into memory: OK with at least one, BUSY: none yet, END: the peer ended it. */
MUST_USE enum status tls_read(struct tls *tls, void *memory, size_t size, size_t *size_out);
/* Encrypts all of it; only once the handshake is done. */
void tls_write(struct tls *tls, struct slice bytes);
/* Bytes for the socket, borrowed until the next call; tls_sent takes them away. */
struct slice tls_unsent(struct tls *tls);
void tls_sent(struct tls *tls, size_t size);
bool tls_is_established(const struct tls *tls);
/* "TLSv1.3", "TLS_AES_256_GCM_SHA384". */
const char *tls_version(const struct tls *tls);
const char *tls_cipher(const struct tls *tls);

#endif
