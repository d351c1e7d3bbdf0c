/* scramble.c: how is a password proved without being sent, or stored?
 *
 * mysql_native_password  stored: "*" hex(SHA1(SHA1(password)))
 *                        proof:  SHA1(password) ^ SHA1(nonce, SHA1(SHA1(password)))
 * caching_sha2_password  stored: "$A$005$" salt (20 bytes) and 43 characters: SHA-crypt of 5 x 1000 rounds
 *                        cached: SHA256(SHA256(password)), never on disk
 *                        proof:  SHA256(password) ^ SHA256(SHA256(SHA256(password)), nonce)
 *
 * Both proofs are checked alike: unmask with what we know, digest once more, compare. The stored form of the
 * second cannot check a proof: without a cached digest the password itself must come, in a TLS stream or
 * encrypted with our RSA key after an XOR with the nonce.
 *
 *   (S1) Secrets are compared in a time that depends on sizes alone (digest_equal).
 *   (S2) What was computed from a password is wiped before the stack is left.
 */
#include "protocol/scramble.h"

#define STORED_PREFIX       "$A$005$"
#define STORED_PREFIX_BYTES (sizeof STORED_PREFIX - 1)
#define CRYPT_ROUNDS        5000
#define CRYPT_TEXT_BYTES    ((size_t)43)
#define CRYPT_BYTES         ((size_t)DIGEST_SHA256_BYTES)

static_assert(STORED_PREFIX_BYTES + SCRAMBLE_SALT_BYTES + CRYPT_TEXT_BYTES <=
                  SCRAMBLE_STORED_BYTES_MAX,
              "the stored form fits");
static_assert(SCRAMBLE_SALT_BYTES == PROTOCOL_NONCE_BYTES, "scramble_nonce makes salts too");

struct slice scramble_plugin_name(enum scramble_plugin plugin) {
    switch (plugin) {
    case SCRAMBLE_NATIVE: return SLICE_LITERAL("mysql_native_password");
    case SCRAMBLE_CACHING_SHA2: return SLICE_LITERAL("caching_sha2_password");
    case SCRAMBLE_UNKNOWN: return SLICE_EMPTY;
    }
    UNREACHABLE();
}

enum scramble_plugin scramble_plugin_of(struct slice name) {
    if (slice_equal(name, scramble_plugin_name(SCRAMBLE_NATIVE))) return SCRAMBLE_NATIVE;
    if (slice_equal(name, scramble_plugin_name(SCRAMBLE_CACHING_SHA2))) {
        return SCRAMBLE_CACHING_SHA2;
    }
    return SCRAMBLE_UNKNOWN;
}

void scramble_nonce(const uint8_t *random, uint8_t *nonce_out) {
    for (size_t i = 0; i < PROTOCOL_NONCE_BYTES; i++) {
        uint8_t byte = random[i] & 0x7F;
        nonce_out[i] = byte == 0 || byte == '$' ? (uint8_t)(byte + 1) : byte;
    }
}

static void mask(uint8_t *bytes, const uint8_t *with, size_t size) {
    for (size_t i = 0; i < size; i++) bytes[i] ^= with[i];
}

/* ---- mysql_native_password ---- */

static int hex_value(uint8_t digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool native_read(struct slice stored, uint8_t *digest_out) {
    if (stored.size != 1 + 2 * SCRAMBLE_NATIVE_BYTES || stored.data[0] != '*') return false;
    for (size_t i = 0; i < SCRAMBLE_NATIVE_BYTES; i++) {
        int high = hex_value(stored.data[1 + 2 * i]), low = hex_value(stored.data[2 + 2 * i]);
        if (high < 0 || low < 0) return false;
        digest_out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool scramble_check_native(struct slice response, const uint8_t *nonce, struct slice stored) {
    uint8_t known[SCRAMBLE_NATIVE_BYTES], proof[SCRAMBLE_NATIVE_BYTES];
    if (response.size != sizeof proof || !native_read(stored, known)) return false;
    struct slice parts[] = {slice_of(nonce, PROTOCOL_NONCE_BYTES), slice_of(known, sizeof known)};
    digest_sha1(parts, 2, proof);
    mask(proof, response.data, sizeof proof);
    struct slice once = slice_of(proof, sizeof proof);
    digest_sha1(&once, 1, proof);
    bool is_right = digest_equal(once, parts[1]); /* (S1) */
    explicit_bzero(proof, sizeof proof);
    return is_right;
}

struct slice scramble_make_native(struct slice password, void *memory) {
    static const char digits[] = "0123456789ABCDEF";
    if (password.size == 0) return SLICE_EMPTY;
    uint8_t digest[SCRAMBLE_NATIVE_BYTES];
    digest_sha1(&password, 1, digest);
    struct slice once = slice_of(digest, sizeof digest);
    digest_sha1(&once, 1, digest);
    uint8_t *to = memory;
    to[0] = '*';
    for (size_t i = 0; i < sizeof digest; i++) {
        to[1 + 2 * i] = (uint8_t)digits[digest[i] >> 4];
        to[2 + 2 * i] = (uint8_t)digits[digest[i] & 15];
    }
    return slice_of(memory, 1 + 2 * sizeof digest);
}

/* ---- caching_sha2_password ---- */

void scramble_cache_digest(struct slice password, uint8_t *digest_out) {
    digest_sha256(&password, 1, digest_out);
    struct slice once = slice_of(digest_out, SCRAMBLE_CACHE_BYTES);
    digest_sha256(&once, 1, digest_out);
}

bool scramble_check_cached(struct slice response, const uint8_t *nonce, const uint8_t *digest) {
    uint8_t proof[SCRAMBLE_RESPONSE_BYTES];
    if (response.size != sizeof proof) return false;
    struct slice parts[] = {slice_of(digest, SCRAMBLE_CACHE_BYTES),
                            slice_of(nonce, PROTOCOL_NONCE_BYTES)};
    digest_sha256(parts, 2, proof);
    mask(proof, response.data, sizeof proof);
    struct slice once = slice_of(proof, sizeof proof);
    digest_sha256(&once, 1, proof);
    bool is_right = digest_equal(once, parts[0]); /* (S1) */
    explicit_bzero(proof, sizeof proof);
    return is_right;
}

void scramble_unmask(uint8_t *bytes, size_t size, const uint8_t *nonce) {
    for (size_t i = 0; i < size; i++) bytes[i] ^= nonce[i % PROTOCOL_NONCE_BYTES];
}

/* SHA-crypt with SHA-256: password and salt are digested again and again, in an order that each round's number
 * decides, so that nothing can be computed ahead. */
struct crypt {
    struct slice password, salt;
    uint8_t mixed[CRYPT_BYTES];                          /* the running digest */
    uint8_t password_bytes[PROTOCOL_PASSWORD_BYTES_MAX]; /* as long as the password */
    uint8_t salt_bytes[SCRAMBLE_SALT_BYTES];
};

/* `size` bytes of the digest, repeated. */
static void repeat(const uint8_t *digest, uint8_t *to, size_t size) {
    for (size_t i = 0; i < size; i++) to[i] = digest[i % CRYPT_BYTES];
}

static void crypt_first(struct crypt *crypt) {
    uint8_t other[CRYPT_BYTES];
    struct slice parts[2 + PROTOCOL_PASSWORD_BYTES_MAX / CRYPT_BYTES + 1 + 8] = {
        crypt->password, crypt->salt, crypt->password};
    digest_sha256(parts, 3, other);
    size_t count = 2;
    for (size_t left = crypt->password.size; left > 0; left -= MIN(left, CRYPT_BYTES)) {
        parts[count++] = slice_of(other, MIN(left, CRYPT_BYTES));
    }
    for (size_t bits = crypt->password.size; bits > 0; bits >>= 1) {
        parts[count++] = (bits & 1) != 0 ? slice_of(other, CRYPT_BYTES) : crypt->password;
    }
    CHECK(count <= ARRAY_COUNT(parts));
    digest_sha256(parts, count, crypt->mixed);
    explicit_bzero(other, sizeof other);
}

static void crypt_sequences(struct crypt *crypt) {
    struct slice parts[16 + UINT8_MAX];
    uint8_t digest[CRYPT_BYTES];
    static_assert(PROTOCOL_PASSWORD_BYTES_MAX <= 16 + UINT8_MAX, "one part for each byte");
    for (size_t i = 0; i < crypt->password.size; i++) parts[i] = crypt->password;
    digest_sha256(parts, crypt->password.size, digest);
    repeat(digest, crypt->password_bytes, crypt->password.size);
    size_t count = (size_t)16 + crypt->mixed[0];
    for (size_t i = 0; i < count; i++) parts[i] = crypt->salt;
    digest_sha256(parts, count, digest);
    repeat(digest, crypt->salt_bytes, crypt->salt.size);
    explicit_bzero(digest, sizeof digest);
}

static void crypt_round(struct crypt *crypt, unsigned round) {
    struct slice mixed = slice_of(crypt->mixed, CRYPT_BYTES);
    struct slice password = slice_of(crypt->password_bytes, crypt->password.size);
    struct slice parts[4];
    size_t count = 0;
    parts[count++] = (round & 1) != 0 ? password : mixed;
    if (round % 3 != 0) parts[count++] = slice_of(crypt->salt_bytes, crypt->salt.size);
    if (round % 7 != 0) parts[count++] = password;
    parts[count++] = (round & 1) != 0 ? mixed : password;
    digest_sha256(parts, count, crypt->mixed);
}

/* Three bytes become four characters, in SHA-crypt's own order of bytes and alphabet. */
static void crypt_write(const uint8_t *digest, uint8_t *to) {
    static const char alphabet[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t a = 0, b = 10, c = 20;
    for (size_t i = 0; i < 10; i++) {
        uint32_t bits = (uint32_t)digest[a] << 16 | (uint32_t)digest[b] << 8 | digest[c];
        for (size_t k = 0; k < 4; k++) *to++ = (uint8_t)alphabet[bits >> (6 * k) & 63];
        size_t first = a;
        a = c + 1;
        c = b + 1;
        b = first + 1;
    }
    uint32_t bits = (uint32_t)digest[31] << 8 | digest[30];
    for (size_t k = 0; k < 3; k++) *to++ = (uint8_t)alphabet[bits >> (6 * k) & 63];
}

static void crypt_make(struct slice password, struct slice salt, uint8_t *text_out) {
    struct crypt crypt = {.password = password, .salt = salt};
    CHECK(password.size <= PROTOCOL_PASSWORD_BYTES_MAX);
    CHECK(salt.size <= SCRAMBLE_SALT_BYTES);
    crypt_first(&crypt);
    crypt_sequences(&crypt);
    for (unsigned round = 0; round < CRYPT_ROUNDS; round++) crypt_round(&crypt, round);
    crypt_write(crypt.mixed, text_out);
    explicit_bzero(&crypt, sizeof crypt); /* (S2) */
}

enum status scramble_verify_stored(struct slice password, struct slice stored) {
    uint8_t text[CRYPT_TEXT_BYTES];
    if (stored.size != STORED_PREFIX_BYTES + SCRAMBLE_SALT_BYTES + CRYPT_TEXT_BYTES ||
        memcmp(stored.data, STORED_PREFIX, STORED_PREFIX_BYTES) != 0) {
        return STATUS_CORRUPT;
    }
    if (password.size == 0 || password.size > PROTOCOL_PASSWORD_BYTES_MAX) return STATUS_DENIED;
    crypt_make(password, slice_part(stored, STORED_PREFIX_BYTES, SCRAMBLE_SALT_BYTES), text);
    struct slice known =
        slice_part(stored, STORED_PREFIX_BYTES + SCRAMBLE_SALT_BYTES, CRYPT_TEXT_BYTES);
    bool is_right = digest_equal(slice_of(text, sizeof text), known); /* (S1) */
    return is_right ? STATUS_OK : STATUS_DENIED;
}

struct slice scramble_make_stored(struct slice password, const uint8_t *salt_random, void *memory) {
    if (password.size == 0) return SLICE_EMPTY;
    uint8_t *to = memory, *salt = to + STORED_PREFIX_BYTES;
    memcpy(to, STORED_PREFIX, STORED_PREFIX_BYTES);
    scramble_nonce(salt_random, salt);
    crypt_make(password, slice_of(salt, SCRAMBLE_SALT_BYTES), salt + SCRAMBLE_SALT_BYTES);
    return slice_of(memory, STORED_PREFIX_BYTES + SCRAMBLE_SALT_BYTES + CRYPT_TEXT_BYTES);
}

struct slice scramble_decoy(void) {
    return SLICE_LITERAL(STORED_PREFIX "unknown_user_is_here"
                                       "...........................................");
}
