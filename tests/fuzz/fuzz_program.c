/* Does any program that opens crash or run for ever, or make rows that are none? */
#include "row/program.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMN_COUNT = 4, PARAM_COUNT = 8, ROW_COUNT = 3 };

static const struct column_type types[COLUMN_COUNT] = {
    {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = 63},
    {.kind = COLUMN_VARCHAR, .length = 10, .collation = 255},
    {.kind = COLUMN_DECIMAL, .precision = 30, .scale = 5, .collation = 63},
    {.kind = COLUMN_DATETIME, .collation = 63},
};

static struct slice make_row(const struct row_layout *layout, int64_t id, struct buffer *out) {
    struct value values[COLUMN_COUNT] = {value_of_int(id),
                                         value_of_string(SLICE_LITERAL("some text"), 255),
                                         value_null(), value_of_temporal(VALUE_DATETIME, 0, 0)};
    if (id == 1) values[1] = value_null();
    if (id == 2) values[2] = (struct value){.kind = VALUE_DECIMAL, .scale = 5, .i = -123456};
    struct slice row;
    CHECK(row_encode(layout, values, out, &row) == STATUS_OK);
    return row;
}

static void run(const struct program *program, const struct row_layout *layout,
                struct arena *arena) {
    struct value params[PARAM_COUNT] = {value_of_int(1),
                                        value_of_uint(UINT64_MAX),
                                        value_of_double(-1.5),
                                        value_of_string(SLICE_LITERAL("%e_"), 255),
                                        value_null(),
                                        value_of_int(5),
                                        value_of_string(SLICE_LITERAL("12x"), 45),
                                        value_of_temporal(VALUE_TIME, 3600000000, 0)};
    struct program_run *run;
    struct slice row;
    if (program_start(program, params, PARAM_COUNT, arena, &run) != STATUS_OK) return;
    for (int64_t i = 0; i < ROW_COUNT; i++) {
        struct buffer in = buffer_of(arena), out = buffer_of(arena);
        struct slice input = make_row(layout, i, &in), output;
        struct assign_result result;
        bool accepted;
        enum status status = program_accepts(run, input, &accepted);
        if (!program_has_groups(program) &&
            program_output(run, input, &out, &output) == STATUS_OK) {
            CHECK(row_verify(program_output_layout(program), output) == STATUS_OK);
        }
        if (program_assign(run, input, ASSIGN_LENIENT, &out, &result) == STATUS_OK) {
            CHECK(row_verify(layout, result.row) == STATUS_OK);
        }
        if (program_is_collected(program)) status = program_collect(run, input);
        (void)status;
    }
    if (!program_is_collected(program)) return;
    if (program_finish(run, FINISH_FINAL) != STATUS_OK) return;
    while (program_next(run, &row) == STATUS_OK) {
        CHECK(row_verify(program_output_layout(program), row) == STATUS_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    struct program *program;
    arena_open(&arena, &chunks.source, 0);
    struct row_layout *layout = row_layout_of_types(types, COLUMN_COUNT, &arena);
    if (program_open(slice_of(data, size), layout, &arena, &program) == STATUS_OK) {
        struct buffer text = buffer_of(&arena);
        program_print(program, NULL, NULL, &text);
        run(program, layout, &arena);
    }
    arena_close(&arena);
    return 0;
}
