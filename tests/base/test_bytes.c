#include <criterion/criterion.h>

#include "base/bytes.h"

Test(bytes, a_varint_comes_back_as_it_was) {
    static const uint64_t values[] = {
        0,       1,          127,        128,        16383,           16384,
        1 << 21, UINT32_MAX, UINT64_MAX, 1ull << 63, (1ull << 63) - 1};
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        uint8_t memory[10];
        struct writer writer = writer_of(memory, sizeof(memory));
        writer_varint(&writer, values[i]);
        cr_assert(!writer.failed);
        cr_assert_eq(writer_written(&writer).size, varint_size(values[i]));
        struct reader reader = reader_of(writer_written(&writer));
        cr_assert_eq(reader_varint(&reader), values[i]);
        cr_assert(!reader.failed);
        cr_assert_eq(reader_left(&reader), 0);
    }
}

static bool varint_is_refused(const char *bytes, size_t size) {
    struct reader reader = reader_of(slice_of(bytes, size));
    return reader_varint(&reader) == 0 && reader.failed;
}

Test(bytes, a_varint_in_a_longer_form_than_needed_is_refused) {
    cr_assert(varint_is_refused("\x80\x00", 2));
    cr_assert(varint_is_refused("\xff\x80\x00", 3));
}

Test(bytes, a_varint_above_64_bits_or_cut_off_is_refused) {
    cr_assert(varint_is_refused("", 0));
    cr_assert(varint_is_refused("\x80", 1));
    cr_assert(varint_is_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
    cr_assert(varint_is_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
}

Test(bytes, a_reader_never_passes_the_end_and_stays_failed) {
    struct reader reader = reader_of(SLICE_LITERAL("abc"));
    cr_assert_eq(reader_u16(&reader), 0x6261);
    cr_assert_eq(reader_u16(&reader), 0);
    cr_assert(reader.failed);
    cr_assert_eq(reader_u8(&reader), 0);
    cr_assert_eq(reader_take(&reader, 1).size, 0);
}

Test(bytes, a_slice_longer_than_what_is_left_fails) {
    struct reader reader = reader_of(slice_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01zz", 12));
    cr_assert_eq(reader_slice(&reader).size, 0);
    cr_assert(reader.failed);
}

Test(bytes, a_writer_never_passes_the_end_and_stays_failed) {
    uint8_t memory[3] = {0};
    struct writer writer = writer_of(memory, sizeof(memory));
    writer_u16(&writer, 0x0201);
    writer_u32(&writer, 1);
    writer_u8(&writer, 9);
    cr_assert(writer.failed);
    cr_assert_eq(writer_written(&writer).size, 2);
    cr_assert_eq(memory[2], 0);
}

Test(bytes, slices_compare_as_memcmp_with_the_prefix_first) {
    cr_assert_lt(slice_compare(SLICE_LITERAL("ab"), SLICE_LITERAL("abc")), 0);
    cr_assert_gt(slice_compare(SLICE_LITERAL("\xff"), SLICE_LITERAL("abc")), 0);
    cr_assert_eq(slice_compare(SLICE_EMPTY, SLICE_LITERAL("")), 0);
    cr_assert(slice_equal_nocase(SLICE_LITERAL("Users_9"), SLICE_LITERAL("uSERS_9")));
    cr_assert(!slice_equal_nocase(SLICE_LITERAL("a["), SLICE_LITERAL("A{")));
}

Test(bytes, numbers_are_stored_in_the_order_their_names_say) {
    uint8_t bytes[8];
    store_be64(bytes, 0x0102030405060708);
    cr_assert_eq(bytes[0], 1);
    cr_assert_eq(load_be64(bytes), 0x0102030405060708);
    cr_assert_eq(load_le64(bytes), 0x0807060504030201);
    store_le24(bytes, 0xabcdef);
    cr_assert_eq(load_le24(bytes), 0xabcdef);
}
