#include <criterion/criterion.h>
#include <signal.h>

#include "base/arena.h"
#include "tests/base/chunks.h"

Test(arena, pieces_are_aligned_and_keep_their_bytes) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    uint8_t *pieces[500];
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        pieces[i] = arena_alloc(&arena, i * 7);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i * 7);
    }
    for (size_t i = 1; i < ARRAY_COUNT(pieces); i++) {
        cr_assert_eq(pieces[i][0], (uint8_t)i);
        cr_assert_eq(pieces[i][i * 7 - 1], (uint8_t)i);
    }
    cr_assert_eq(arena.used_bytes, chunks.out_bytes);
    arena_close(&arena);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(arena, a_size_of_zero_gives_a_pointer_even_from_an_empty_arena) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    cr_assert_not_null(arena_alloc(&arena, 0));
    cr_assert_eq(chunks.take_count, 0);
}

Test(arena, a_reset_arena_does_not_touch_its_source_for_small_work) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    for (int round = 0; round < 10; round++) {
        arena_alloc(&arena, 100);
        arena_alloc(&arena, 2000);
        arena_reset(&arena);
    }
    cr_assert_eq(chunks.take_count, 1);
    arena_alloc(&arena, 1 << 20);
    arena_reset(&arena);
    cr_assert_eq(chunks.out_bytes, ARENA_CHUNK_BYTES);
    arena_close(&arena);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(arena, over_its_budget_it_goes_on_and_says_so) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 20000);
    arena_alloc(&arena, 1000);
    cr_assert(!arena_over_budget(&arena));
    cr_assert_not_null(arena_alloc(&arena, 20000));
    cr_assert(arena_over_budget(&arena));
    arena_reset(&arena);
    cr_assert(!arena_over_budget(&arena));
    arena_close(&arena);
}

Test(arena, an_array_whose_size_overflows_aborts, .signal = SIGABRT) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    arena_array(&arena, uint64_t, SIZE_MAX / 4);
}

Test(arena, texts_are_copied_with_a_nul) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    cr_assert_str_eq(arena_text(&arena, SLICE_LITERAL("name")), "name");
    cr_assert_str_eq(arena_text(&arena, SLICE_EMPTY), "");
    cr_assert_str_eq(arena_printf(&arena, "%s.%d", "t", 7), "t.7");
    cr_assert(slice_equal(arena_copy(&arena, SLICE_LITERAL("x\0y")), SLICE_LITERAL("x\0y")));
    uint64_t *zeros = arena_array(&arena, uint64_t, 3);
    cr_assert_eq(zeros[0] | zeros[1] | zeros[2], 0);
    arena_close(&arena);
}

Test(arena, a_buffer_grows_and_keeps_what_it_has) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct buffer buffer = buffer_of(&arena);
    cr_assert_eq(buffer_slice(&buffer).size, 0);
    for (int i = 0; i < 3000; i++) buffer_append_byte(&buffer, (uint8_t)i);
    buffer_append(&buffer, SLICE_EMPTY);
    buffer_append(&buffer, SLICE_LITERAL("end"));
    buffer_printf(&buffer, "%05d", 42);
    cr_assert_eq(buffer.size, 3008);
    cr_assert_eq(buffer.data[2999], (uint8_t)2999);
    cr_assert(slice_equal(slice_part(buffer_slice(&buffer), 3000, 99), SLICE_LITERAL("end00042")));
    arena_close(&arena);
}
