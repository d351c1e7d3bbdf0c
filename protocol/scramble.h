/* protocol/scramble.h: proofs of passwords; pure. Internal to protocol/, what others need is in protocol.h. */
/* protocol/scramble.h: proofs of passwords; pure. Internal to protocol/, what others need is in protocol.h. */
#ifndef PROTOCOL_SCRAMBLE_H
#define PROTOCOL_SCRAMBLE_H

#include "base/bytes.h"
#include "base/digest.h"
#include "protocol/protocol.h"

#define SCRAMBLE_CACHE_BYTES    ((size_t)DIGEST_SHA256_BYTES)
#define SCRAMBLE_NATIVE_BYTES   ((size_t)DIGEST_SHA1_BYTES)
#define SCRAMBLE_RESPONSE_BYTES ((size_t)DIGEST_SHA256_BYTES) /* of caching_sha2_password */

enum scramble_plugin { SCRAMBLE_NATIVE, SCRAMBLE_CACHING_SHA2, SCRAMBLE_UNKNOWN };

struct slice scramble_plugin_name(enum scramble_plugin plugin);
enum scramble_plugin scramble_plugin_of(struct slice name);

/* Nonces and salts travel in texts: 7 bits, neither NUL nor '$'. */
void scramble_nonce(const uint8_t *random, uint8_t *nonce_out);
/* `stored`: "*" and 40 hex digits; false for anything else. */
bool scramble_check_native(struct slice response, const uint8_t *nonce, struct slice stored);
/* `digest`: SCRAMBLE_CACHE_BYTES of the fast-path cache. */
bool scramble_check_cached(struct slice response, const uint8_t *nonce, const uint8_t *digest);
void scramble_cache_digest(struct slice password, uint8_t *digest_out);
/* Undoes the mask that a password wears below RSA. */
void scramble_unmask(uint8_t *bytes, size_t size, const uint8_t *nonce);
/* Well-formed, made from no password: what an unknown user is checked against. */
struct slice scramble_decoy(void);

#endif
