/* function_digests.c: AES_DECRYPT to UUID_TO_BIN: digests, ciphers, chance and names that are unique.
 *
 * Digests are of the bytes that the arg has in its own character set. AES is as block_encryption_mode says: a key of any size is
 * folded into 16, 24 or 32 bytes. Chance is the session's (context->random), so a simulated session repeats itself.
 *   (Q1) A UUID is of version 1: its time is the statement's, clock sequence and node are chance, the node marked as no
 *        hardware address.
 */
#include "sql/function_private.h"

#include "base/cipher.h"
#include "base/random.h"

static struct slice hex_text(struct slice bytes, struct arena *arena) {
    static const char digits[] = "0123456789abcdef";
    uint8_t *text = arena_alloc(arena, bytes.size * 2);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = (uint8_t)digits[bytes.data[i] >> 4];
        text[2 * i + 1] = (uint8_t)digits[bytes.data[i] & 15];
    }
    return slice_of(text, bytes.size * 2);
}

/* ---- digests ---- */

typedef void digest_function(const struct slice *parts, size_t part_count, uint8_t *out);

static struct value digest_value(const struct expr *expr, struct eval_context *context,
                                 digest_function *digest, struct slice text, size_t size) {
    uint8_t bytes[DIGEST_SHA512_BYTES];
    digest(&text, 1, bytes);
    return function_text_result(expr, hex_text(slice_of(bytes, size), context->arena));
}

static enum status resolve_md5(struct function_call *call) {
    function_texts(call, 0, 1);
    function_type_ascii(call, DIGEST_MD5_BYTES * 2);
    return STATUS_OK;
}
static enum status resolve_sha1(struct function_call *call) {
    function_texts(call, 0, 1);
    function_type_ascii(call, DIGEST_SHA1_BYTES * 2);
    return STATUS_OK;
}

static enum status eval_md5(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = digest_value(expr, context, digest_md5, in.args[0].text, DIGEST_MD5_BYTES);
    return STATUS_OK;
}

static enum status eval_sha1(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = digest_value(expr, context, digest_sha1, in.args[0].text, DIGEST_SHA1_BYTES);
    return STATUS_OK;
}

static const struct sha2 {
    int64_t bits;
    digest_function *digest;
    size_t size;
} sha2_kinds[] = {
    {224, digest_sha224, DIGEST_SHA224_BYTES}, {256, digest_sha256, DIGEST_SHA256_BYTES},
    {0, digest_sha256, DIGEST_SHA256_BYTES},   {384, digest_sha384, DIGEST_SHA384_BYTES},
    {512, digest_sha512, DIGEST_SHA512_BYTES},
};

static const struct sha2 *sha2_of(int64_t bits) {
    for (size_t i = 0; i < ARRAY_COUNT(sha2_kinds); i++) {
        if (sha2_kinds[i].bits == bits) return &sha2_kinds[i];
    }
    return NULL;
}

static enum status resolve_sha2(struct function_call *call) {
    int64_t bits;
    size_t size = DIGEST_SHA512_BYTES;
    if (function_constant_int(call->expr->args[1], &bits) && sha2_of(bits) != NULL) {
        size = sha2_of(bits)->size;
    }
    function_texts(call, 0, 1);
    function_type_ascii(call, size * 2);
    return STATUS_OK;
}

static enum status eval_sha2(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    const struct sha2 *kind = sha2_of(in.args[1].i);
    if (kind == NULL) {
        diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WRONG_PARAMETERS_TO_NATIVE_FCT,
                         "sha2");
        return STATUS_OK;
    }
    *out = digest_value(expr, context, kind->digest, in.args[0].text, kind->size);
    return STATUS_OK;
}

static enum status resolve_crc32(struct function_call *call) {
    function_texts(call, 0, 1);
    call->expr->type = column_type_bigint(COLUMN_UNSIGNED);
    call->expr->type.length = 10;
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* CRC-32 of zip and Ethernet, four bits at a time. */
static enum status eval_crc32(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    static const uint32_t steps[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < in.args[0].text.size; i++) {
        sum ^= in.args[0].text.data[i];
        sum = sum >> 4 ^ steps[sum & 15];
        sum = sum >> 4 ^ steps[sum & 15];
    }
    *out = value_of_uint(~sum);
    return STATUS_OK;
}

/* ---- AES ---- */

#define AES_KEY_BYTES_MAX 32

static enum status resolve_aes_encrypt(struct function_call *call) {
    function_texts(call, 0, call->expr->arg_count);
    const struct expr *arg = call->expr->args[0];
    uint64_t bytes = (uint64_t)coerce_text_length(arg) *
                     collation_charset(arg->type.collation)->bytes_per_char_max;
    function_type_bytes(call, aes_padded_size(bytes));
    return STATUS_OK;
}

static enum status resolve_aes_decrypt(struct function_call *call) {
    function_texts(call, 0, call->expr->arg_count);
    function_type_bytes(call, coerce_text_length(call->expr->args[0]));
    return STATUS_OK;
}

static void fold_key(struct slice key, uint8_t *folded, size_t size) {
    memset(folded, 0, size);
    for (size_t i = 0; i < key.size; i++) folded[i % size] ^= key.data[i];
}

/* The text and the cipher of block_encryption_mode; in->is_null: an arg is. */
static enum status read_cipher(const struct expr *expr, struct eval_context *context,
                               struct function_input *in, struct cipher *cipher) {
    struct value ignored;
    bool has_iv = expr->arg_count > 2;
    cipher->mode = (enum cipher_mode)context->cipher_mode;
    size_t key_bytes = MAX(context->cipher_key_bytes, (uint8_t)16);
    bool needs_iv = cipher->mode != CIPHER_ECB;
    if (needs_iv && !has_iv)
        return diagnostics_error(context->diagnostics, ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT,
                                 function_name_lower(expr, context->arena));
    enum status status =
        function_read(expr, context, needs_iv ? "ttt" : has_iv ? "ttv" : "tt", in, &ignored);
    if (status != STATUS_OK || in->is_null) return status;
    uint8_t *key = arena_alloc(context->arena, AES_KEY_BYTES_MAX);
    fold_key(in->args[1].text, key, key_bytes);
    cipher->key = slice_of(key, key_bytes);
    if (has_iv && !needs_iv)
        diagnostics_warn(context->diagnostics, CONDITION_WARNING, WARN_OPTION_IGNORED, "IV");
    if (!needs_iv) return STATUS_OK;
    if (in->args[2].text.size < AES_BLOCK_BYTES)
        return diagnostics_error(context->diagnostics, ER_AES_INVALID_IV,
                                 function_name_lower(expr, context->arena),
                                 (unsigned)AES_BLOCK_BYTES);
    cipher->iv = in->args[2].text.data;
    return STATUS_OK;
}

static enum status eval_aes_encrypt(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    struct cipher cipher;
    *out = value_null();
    enum status status = read_cipher(expr, context, &in, &cipher);
    if (status != STATUS_OK || in.is_null) return status;
    size_t size = cipher_size(cipher.mode, in.args[0].text.size);
    uint8_t *bytes = arena_alloc(context->arena, size + 1);
    cipher_encrypt(&cipher, in.args[0].text, bytes);
    *out = function_text_result(expr, slice_of(bytes, size));
    return STATUS_OK;
}

/* NULL when the key is another or the bytes are. */
static enum status eval_aes_decrypt(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    struct cipher cipher;
    size_t size;
    *out = value_null();
    enum status status = read_cipher(expr, context, &in, &cipher);
    if (status != STATUS_OK || in.is_null) return status;
    uint8_t *bytes = arena_alloc(context->arena, in.args[0].text.size + 1);
    if (cipher_decrypt(&cipher, in.args[0].text, bytes, &size) != STATUS_OK) return STATUS_OK;
    *out = function_text_result(expr, slice_of(bytes, size));
    return STATUS_OK;
}

/* ---- chance ---- */

#define RANDOM_BYTES_MAX 1024

static enum status resolve_random_bytes(struct function_call *call) {
    function_type_bytes(call, RANDOM_BYTES_MAX);
    return STATUS_OK;
}

static enum status eval_random_bytes(const struct expr *expr, struct eval_context *context,
                                     struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "i", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t size = in.args[0].i;
    if (size < 1 || size > RANDOM_BYTES_MAX) {
        return diagnostics_error(context->diagnostics, ER_DATA_OUT_OF_RANGE, "length",
                                 "random_bytes");
    }
    uint8_t *bytes = arena_alloc(context->arena, (size_t)size);
    random_bytes(context->random, bytes, (size_t)size);
    *out = function_text_result(expr, slice_of(bytes, (size_t)size));
    return STATUS_OK;
}

/* ---- UUIDs ----
 *
 *   xxxxxxxx-xxxx-1xxx-yxxx-nnnnnnnnnnnn
 *   time low |mid |high |clock sequence, node
 */

#define UUID_BYTES      16
#define UUID_TEXT_CHARS 36
/* 100 ns from 1582-10-15 to 1970-01-01. */
#define UUID_EPOCH_TICKS UINT64_C(0x01B21DD213814000)

static enum status resolve_uuid(struct function_call *call) {
    function_set_text(call, UUID_TEXT_CHARS, COLLATION_UTF8MB3_GENERAL_CI, COERCE_LITERAL);
    return STATUS_OK;
}

static struct slice uuid_text(const uint8_t *bytes, struct arena *arena) {
    struct slice hex = hex_text(slice_of(bytes, UUID_BYTES), arena);
    static const uint8_t ends[] = {8, 12, 16, 20, 32};
    struct buffer text = buffer_of(arena);
    size_t from = 0;
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
        if (i > 0) buffer_append_byte(&text, '-');
        buffer_append(&text, slice_part(hex, from, ends[i] - from));
        from = ends[i];
    }
    return buffer_slice(&text);
}

/* (Q1) */
static enum status eval_uuid(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    uint8_t bytes[UUID_BYTES];
    random_bytes(context->random, bytes, sizeof bytes);
    uint64_t ticks = UUID_EPOCH_TICKS + (uint64_t)eval_clock_us(context) * 10 + bytes[0] % 10;
    store_be32(bytes, (uint32_t)ticks);
    store_be16(bytes + 4, (uint16_t)(ticks >> 32));
    store_be16(bytes + 6, (uint16_t)(0x1000 | (ticks >> 48 & 0x0fff)));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f));
    bytes[10] |= 1;
    *out = function_text_result(expr, uuid_text(bytes, context->arena));
    return STATUS_OK;
}

static enum status resolve_uuid_short(struct function_call *call) {
    call->expr->type = column_type_bigint(COLUMN_UNSIGNED);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* Seconds, then chance: grows from second to second. */
static enum status eval_uuid_short(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    (void)expr;
    uint64_t seconds = (uint64_t)(eval_clock_us(context) / US_PER_SECOND);
    *out = value_of_uint(seconds << 32 | (uint32_t)random_u64(context->random));
    return STATUS_OK;
}

static int hex_value(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    letter |= 32;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* 32 digits, with the four hyphens or none, in braces or not. */
static bool uuid_parse(struct slice text, uint8_t *bytes) {
    bool is_braced =
        text.size == UUID_TEXT_CHARS + 2 && text.data[0] == '{' && text.data[text.size - 1] == '}';
    if (is_braced) text = slice_part(text, 1, UUID_TEXT_CHARS);
    bool has_hyphens = text.size == UUID_TEXT_CHARS;
    if (!has_hyphens && text.size != UUID_BYTES * 2) return false;
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_hyphen_place = has_hyphens && (i == 8 || i == 13 || i == 18 || i == 23);
        if (is_hyphen_place) {
            if (text.data[i] != '-') return false;
            continue;
        }
        int digit = hex_value(text.data[i]);
        if (digit < 0) return false;
        bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
        digits++;
    }
    return digits == UUID_BYTES * 2;
}

static enum status resolve_is_uuid(struct function_call *call) {
    function_texts(call, 0, 1);
    return function_resolve_bool(call);
}

static enum status eval_is_uuid(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_input in;
    uint8_t bytes[UUID_BYTES] = {0};
    enum status status = function_read(expr, context, "t", &in, out);
    if (status == STATUS_OK && !in.is_null) {
        *out = value_of_int(uuid_parse(in.args[0].text, bytes));
    }
    return status;
}

static enum status resolve_uuid_to_bin(struct function_call *call) {
    function_texts(call, 0, 1);
    function_type_bytes(call, UUID_BYTES);
    return STATUS_OK;
}

static enum status tell_no_uuid(const struct expr *expr, struct eval_context *context,
                                struct slice text) {
    return diagnostics_error(context->diagnostics, ER_WRONG_VALUE_FOR_TYPE, "string",
                             arena_text(context->arena, text),
                             function_name_lower(expr, context->arena));
}

/* The time's highest parts come first, so that UUIDs made after each other lie beside each other. */
static void swap_in(uint8_t *bytes) {
    uint8_t low[6];
    memcpy(low, bytes, sizeof low);
    memmove(bytes, bytes + 6, 2);
    memcpy(bytes + 2, low + 4, 2);
    memcpy(bytes + 4, low, 4);
}

static void swap_out(uint8_t *bytes) {
    uint8_t high[4];
    memcpy(high, bytes, sizeof high);
    memmove(bytes, bytes + 4, 4);
    memcpy(bytes + 4, high + 2, 2);
    memcpy(bytes + 6, high, 2);
}

static enum status eval_uuid_to_bin(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    uint8_t *bytes = arena_alloc_zeroed(context->arena, UUID_BYTES);
    if (!uuid_parse(in.args[0].text, bytes)) return tell_no_uuid(expr, context, in.args[0].text);
    if (expr->arg_count == 2 && in.args[1].i != 0) swap_in(bytes);
    *out = function_text_result(expr, slice_of(bytes, UUID_BYTES));
    return STATUS_OK;
}

static enum status resolve_bin_to_uuid(struct function_call *call) {
    function_texts(call, 0, 1);
    return resolve_uuid(call);
}

static enum status eval_bin_to_uuid(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    uint8_t bytes[UUID_BYTES];
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    if (in.args[0].text.size != UUID_BYTES) {
        return tell_no_uuid(expr, context, hex_text(in.args[0].text, context->arena));
    }
    memcpy(bytes, in.args[0].text.data, sizeof bytes);
    if (expr->arg_count == 2 && in.args[1].i != 0) swap_out(bytes);
    *out = function_text_result(expr, uuid_text(bytes, context->arena));
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE
#define CHANCE   FUNCTION_NOT_DETERMINISTIC

static const struct function functions[] = {
    {"AES_DECRYPT", FUNCTION_SCALAR, 2, 3, NULLABLE, resolve_aes_decrypt, eval_aes_decrypt, 0},
    {"AES_ENCRYPT", FUNCTION_SCALAR, 2, 3, 0, resolve_aes_encrypt, eval_aes_encrypt, 0},
    {"BIN_TO_UUID", FUNCTION_SCALAR, 1, 2, 0, resolve_bin_to_uuid, eval_bin_to_uuid, 0},
    {"CRC32", FUNCTION_SCALAR, 1, 1, 0, resolve_crc32, eval_crc32, 0},
    {"IS_UUID", FUNCTION_SCALAR, 1, 1, 0, resolve_is_uuid, eval_is_uuid, 0},
    {"MD5", FUNCTION_SCALAR, 1, 1, 0, resolve_md5, eval_md5, 0},
    {"RANDOM_BYTES", FUNCTION_SCALAR, 1, 1, CHANCE, resolve_random_bytes, eval_random_bytes, 0},
    {"SHA", FUNCTION_SCALAR, 1, 1, 0, resolve_sha1, eval_sha1, 0},
    {"SHA1", FUNCTION_SCALAR, 1, 1, 0, resolve_sha1, eval_sha1, 0},
    {"SHA2", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_sha2, eval_sha2, 0},
    {"UUID", FUNCTION_SCALAR, 0, 0, CHANCE | FUNCTION_NEVER_NULL, resolve_uuid, eval_uuid, 0},
    {"UUID_SHORT", FUNCTION_SCALAR, 0, 0, CHANCE | FUNCTION_NEVER_NULL, resolve_uuid_short,
     eval_uuid_short, 0},
    {"UUID_TO_BIN", FUNCTION_SCALAR, 1, 2, 0, resolve_uuid_to_bin, eval_uuid_to_bin, 0},
};
const struct function_list function_digests = {functions, ARRAY_COUNT(functions)};
