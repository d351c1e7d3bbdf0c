/* io/rsa.h: the RSA pair with which a password travels over plain TCP (caching_sha2_password).
 *
 * Making one takes up to a second, decrypting a millisecond: both are for a worker.
 */
#ifndef IO_RSA_H
#define IO_RSA_H

#include "base/bytes.h"
#include "base/status.h"

struct rsa_pair;

/* From private_key.pem and public_key.pem in `directory`; made (2048 bits) when they are not there.
 */
MUST_USE enum status rsa_pair_open(const char *directory, struct rsa_pair **pair_out);
void rsa_pair_close(struct rsa_pair *pair);
/* PEM text of the public key; lives as long as the pair. */
struct slice rsa_public_key(const struct rsa_pair *pair);
/* RSA-OAEP with SHA-1, as MySQL's clients encrypt. DENIED: not for this key. May run in any thread.
 */
MUST_USE enum status rsa_decrypt(const struct rsa_pair *pair, struct slice encrypted, void *memory,
                                 size_t size, size_t *size_out);

#endif
