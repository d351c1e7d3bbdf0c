#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_digests, digests_are_lower_case_hex) {
    static const struct eval_case cases[] = {
        {"md5('testing')", "ae2b1fca515949e5d54fb22b8ed95575"},
        {"md5('')", "d41d8cd98f00b204e9800998ecf8427e"},
        {"md5(NULL)", "NULL"},
        {"sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"sha('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"sha2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {"sha2('abc', 0)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"length(sha2('abc', 512))", "128"},
        {"sha2('abc', 100)", "NULL"},
        {"crc32('MySQL')", "3259397556"},
        {"crc32('mysql')", "2501908538"},
        {"crc32('')", "0"},
        {"crc32(123)", "2286445522"},
    };
    EXPECT(cases);
}

Test(function_digests, aes_goes_there_and_back) {
    static const struct eval_case cases[] = {
        {"aes_decrypt(aes_encrypt('text', 'password'), 'password')", "text"},
        {"aes_decrypt(aes_encrypt('text', 'password'), 'other')", "NULL"},
        {"aes_decrypt('abc', 'password')", "NULL"},
        {"length(aes_encrypt(repeat('a', 16), 'k'))", "32"},
        {"hex(aes_encrypt('a', repeat('k', 17)) = aes_encrypt('a', 'k'))", "0"},
        {"aes_encrypt(NULL, 'k')", "NULL"},
        {"hex(aes_encrypt('abc', 'key'))", "DB5F149A7CAF0CD275CA18C203A212C9"},
    };
    EXPECT(cases);
}

Test(function_digests, names_are_unique) {
    static const struct eval_case cases[] = {
        {"length(random_bytes(16))", "16"},
        {"random_bytes(0)", "error 1690: length value is out of range in 'random_bytes'"},
        {"length(uuid())", "36"},
        {"is_uuid(uuid())", "1"},
        {"uuid() = uuid()", "0"},
        {"substr(uuid(), 15, 1)", "1"},
        {"uuid_short() = uuid_short()", "0"},
        {"is_uuid('6ccd780c-baba-1026-9564-5b8c656024db')", "1"},
        {"is_uuid('6CCD780CBABA102695645B8C656024DB')", "1"},
        {"is_uuid('{6ccd780c-baba-1026-9564-5b8c656024db}')", "1"},
        {"is_uuid('6ccd780c-baba-1026-9564-5b8c6560')", "0"},
        {"is_uuid(NULL)", "NULL"},
        {"hex(uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db'))",
         "6CCD780CBABA102695645B8C656024DB"},
        {"hex(uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db', 1))",
         "1026BABA6CCD780C95645B8C656024DB"},
        {"bin_to_uuid(uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db', 1), 1)",
         "6ccd780c-baba-1026-9564-5b8c656024db"},
        {"uuid_to_bin('x')", "error 1411: Incorrect string value: 'x' for function uuid_to_bin"},
    };
    EXPECT(cases);
}
