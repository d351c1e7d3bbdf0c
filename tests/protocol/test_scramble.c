#include "tests/protocol/peer.h"

/* Computed by another implementation, which agrees with crypt(3) wherever that takes the salt. */
static const char salt[] = "ABCDEFGHIJKLMNOPQRST";
static const struct {
    size_t repeat; /* of 'x', or 0: the text */
    const char *password, *digest;
} vectors[] = {
    {0, "Se\xC3\xA9same open", "BwY4b8KHeJcXlzlazaVoYko1GN7bF1ih77DbtpwRuqB"},
    {255, NULL, "awfv3aDwTc3hnRUPZTX8q60mk/AWJ4K6JLVkZiam2Y."},
    {64, NULL, "VxppCCC7ulBL9DQxo7e16lwWrXTJbEn.l/dBmvnvG38"},
};

Test(scramble, stored_forms_are_those_of_other_implementations) {
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        char password[256], wanted[128];
        uint8_t memory[SCRAMBLE_STORED_BYTES_MAX];
        memset(password, 'x', sizeof password);
        struct slice text = vectors[i].repeat > 0 ? slice_of(password, vectors[i].repeat)
                                                  : slice_of_text(vectors[i].password);
        snprintf(wanted, sizeof wanted, "$A$005$%s%s", salt, vectors[i].digest);
        struct slice stored = scramble_make_stored(text, (const uint8_t *)salt, memory);
        cr_assert(slice_equal(stored, slice_of_text(wanted)));
        cr_assert_eq(scramble_verify_stored(text, stored), STATUS_OK);
        text.size -= 1;
        cr_assert_eq(scramble_verify_stored(text, stored), STATUS_DENIED);
    }
}

Test(scramble, a_stored_form_of_another_shape_is_corrupt) {
    uint8_t memory[SCRAMBLE_STORED_BYTES_MAX];
    struct slice text = SLICE_LITERAL("secret");
    struct slice stored = scramble_make_stored(text, (const uint8_t *)salt, memory);
    for (size_t size = 0; size < stored.size; size++) {
        cr_assert_eq(scramble_verify_stored(text, slice_of(memory, size)), STATUS_CORRUPT);
    }
    memory[5] = '6';
    cr_assert_eq(scramble_verify_stored(text, stored), STATUS_CORRUPT);
}

Test(scramble, the_decoy_is_well_formed_and_opens_nothing) {
    cr_assert_eq(scramble_verify_stored(SLICE_LITERAL("x"), scramble_decoy()), STATUS_DENIED);
    cr_assert_eq(scramble_verify_stored(SLICE_EMPTY, scramble_decoy()), STATUS_DENIED);
}

Test(scramble, an_empty_password_is_stored_as_nothing) {
    uint8_t memory[SCRAMBLE_STORED_BYTES_MAX];
    cr_assert_eq(scramble_make_stored(SLICE_EMPTY, (const uint8_t *)salt, memory).size, 0);
    cr_assert_eq(scramble_make_native(SLICE_EMPTY, memory).size, 0);
}

Test(scramble, native_proofs_are_checked) {
    uint8_t memory[SCRAMBLE_STORED_BYTES_MAX], proof[20], nonce[PROTOCOL_NONCE_BYTES];
    struct slice stored = scramble_make_native(SLICE_LITERAL("password"), memory);
    cr_assert(slice_equal(stored, SLICE_LITERAL("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19")));
    scramble_nonce(greeting_random, nonce);
    prove_native("password", greeting_random, proof);
    cr_assert(scramble_check_native(slice_of(proof, 20), nonce, stored));
    cr_assert_not(scramble_check_native(slice_of(proof, 19), nonce, stored));
    cr_assert_not(scramble_check_native(slice_of(proof, 20), nonce, slice_part(stored, 0, 40)));
    nonce[0] ^= 1;
    cr_assert_not(scramble_check_native(slice_of(proof, 20), nonce, stored));
    nonce[0] ^= 1;
    memory[40] = 'G';
    cr_assert_not(scramble_check_native(slice_of(proof, 20), nonce, stored));
}

Test(scramble, cached_proofs_are_checked) {
    uint8_t proof[32], nonce[PROTOCOL_NONCE_BYTES], digest[SCRAMBLE_CACHE_BYTES];
    scramble_nonce(greeting_random, nonce);
    scramble_cache_digest(SLICE_LITERAL("secret"), digest);
    prove_sha2("secret", greeting_random, proof);
    cr_assert(scramble_check_cached(slice_of(proof, 32), nonce, digest));
    prove_sha2("Secret", greeting_random, proof);
    cr_assert_not(scramble_check_cached(slice_of(proof, 32), nonce, digest));
}

Test(scramble, a_nonce_is_text) {
    uint8_t random[PROTOCOL_NONCE_BYTES], nonce[PROTOCOL_NONCE_BYTES];
    for (unsigned byte = 0; byte < 256; byte++) {
        memset(random, (int)byte, sizeof random);
        scramble_nonce(random, nonce);
        cr_assert(nonce[0] > 0 && nonce[0] < 128 && nonce[0] != '$');
    }
}
