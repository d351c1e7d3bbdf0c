/* bench_row: nanoseconds of what every statement does to rows: read, filter, encode, key, update.
 *
 * The table is sysbench's: id INT, k INT, c CHAR(120), pad CHAR(60), utf8mb4_0900_ai_ci. Run it
 * from a release build, on a quiet machine: ninja -C build bench/bench_row && build/bench/bench_row
 */
#include <stdio.h>
#include <time.h>

#include "row/collation.h"
#include "row/program.h"
#include "tests/base/chunks.h"

#define ROUNDS 3000000u

struct bench {
    struct arena *arena, *scratch;
    struct row_layout *layout;
    struct slice row;
    struct value values[4];
    struct key_layout *key;
    struct program_run *filter, *update;
};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t read_int_and_char(struct bench *b) {
    struct value k = row_value(b->layout, b->row, 1, b->scratch);
    struct value c = row_value(b->layout, b->row, 2, b->scratch);
    return k.u + c.size;
}

static uint64_t read_all(struct bench *b) {
    struct value values[4];
    row_values(b->layout, b->row, b->scratch, values);
    return values[0].u + values[3].size;
}

static uint64_t encode(struct bench *b) {
    struct buffer out = buffer_of(b->scratch);
    struct slice row;
    enum status status = row_encode(b->layout, b->values, &out, &row);
    CHECK(status == STATUS_OK);
    arena_reset(b->scratch);
    return row.size;
}

static uint64_t verify(struct bench *b) { return row_verify(b->layout, b->row) == STATUS_OK; }

static uint64_t project(struct bench *b) {
    static const uint16_t columns[] = {2};
    struct column_type type = b->layout->columns[2].type;
    static struct row_layout *projected;
    if (projected == NULL) projected = row_layout_of_types(&type, 1, b->arena);
    struct buffer out = buffer_of(b->scratch);
    row_project(b->layout, b->row, columns, projected, &out);
    arena_reset(b->scratch);
    return out.size;
}

static uint64_t key(struct bench *b) {
    struct buffer out = buffer_of(b->scratch);
    key_of_row(b->key, b->row, &out);
    arena_reset(b->scratch);
    return key_bucket(buffer_slice(&out));
}

static uint64_t filter(struct bench *b) {
    bool accepts;
    enum status status = program_accepts(b->filter, b->row, &accepts);
    CHECK(status == STATUS_OK);
    return accepts;
}

static uint64_t update(struct bench *b) {
    struct buffer out = buffer_of(b->scratch);
    struct assign_result result;
    enum status status = program_assign(b->update, b->row, ASSIGN_STRICT, &out, &result);
    CHECK(status == STATUS_OK);
    arena_reset(b->scratch);
    return result.changed;
}

static uint64_t sort_key(struct bench *b) {
    struct buffer out = buffer_of(b->scratch);
    collation_sort_key(255, value_slice(&b->values[2]), &out);
    arena_reset(b->scratch);
    return out.size;
}

static uint64_t compare_text(struct bench *b) {
    struct slice text = value_slice(&b->values[2]);
    return (uint64_t)collation_compare(255, text, slice_part(text, 0, 100));
}

static struct program_run *start(struct bench *b, struct program_builder *builder,
                                 const struct value *params) {
    struct buffer bytes = buffer_of(b->arena);
    struct program *program;
    struct program_run *run;
    enum status status = program_builder_finish(builder, &bytes);
    if (status == STATUS_OK) {
        status = program_open(buffer_slice(&bytes), b->layout, b->arena, &program);
    }
    if (status == STATUS_OK) status = program_start(program, params, 1, b->arena, &run);
    CHECK(status == STATUS_OK);
    program_set_scratch(run, b->scratch);
    return run;
}

static void open_bench(struct bench *b, struct value *params) {
    static const struct column_type types[4] = {
        {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = 63},
        {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = 63},
        {.kind = COLUMN_CHAR, .flags = COLUMN_NOT_NULL, .length = 120, .collation = 255},
        {.kind = COLUMN_CHAR, .flags = COLUMN_NOT_NULL, .length = 60, .collation = 255},
    };
    static char text[120];
    for (size_t i = 0; i < sizeof(text); i++) text[i] = "0123456789-"[i % 11];
    b->layout = row_layout_of_types(types, 4, b->arena);
    b->values[0] = value_of_int(12345);
    b->values[1] = value_of_int(678);
    b->values[2] = value_of_string(slice_of(text, 119), 255);
    b->values[3] = value_of_string(slice_of(text, 59), 255);
    struct buffer out = buffer_of(b->arena);
    enum status status = row_encode(b->layout, b->values, &out, &b->row);
    CHECK(status == STATUS_OK);
    struct key_part part = {0, 0, 0};
    b->key = key_layout_of_parts(b->layout, &part, 1, b->arena);
    params[0] = value_of_int(1);
    struct program_builder builder;
    program_builder_open(&builder, b->arena, 4);
    program_begin(&builder, SECTION_FILTER);
    program_set_filter(&builder, program_emit_compare(&builder, PROGRAM_GT, operand_column(1),
                                                      operand_param(0), 0));
    b->filter = start(b, &builder, params);
    program_builder_open(&builder, b->arena, 4);
    program_begin(&builder, SECTION_ASSIGN);
    program_add_assignment(
        &builder, 1,
        program_emit_arithmetic(&builder, ARITHMETIC_ADD, operand_column(1), operand_param(0)));
    b->update = start(b, &builder, params);
}

int main(void) {
    static const struct {
        const char *name;
        uint64_t (*run)(struct bench *);
    } parts[] = {
        {"read an int and a char", read_int_and_char},
        {"read all four columns", read_all},
        {"encode a row", encode},
        {"verify a row", verify},
        {"project one char column", project},
        {"key and bucket of an int", key},
        {"filter k > ?", filter},
        {"update k = k + 1", update},
        {"sort key of 119 characters", sort_key},
        {"compare 119 with 100 characters", compare_text},
    };
    struct chunks chunks = chunks_open();
    struct arena arena, scratch;
    arena_open(&arena, &chunks.source, 0);
    arena_open(&scratch, &chunks.source, 0);
    struct bench bench = {.arena = &arena, .scratch = &scratch};
    struct value params[1];
    open_bench(&bench, params);
    uint64_t sum = 0;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        double start_ns = now_ns();
        for (uint32_t round = 0; round < ROUNDS; round++) sum += parts[i].run(&bench);
        printf("%-34s %7.1f ns\n", parts[i].name, (now_ns() - start_ns) / ROUNDS);
    }
    arena_close(&scratch);
    arena_close(&arena);
    return sum == 0;
}
