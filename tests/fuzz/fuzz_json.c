/* Do any bytes crash json_parse, or pass and then print to a text that reads differently? */
#include "row/json.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct json json, again;
    struct json_fault fault;
    if (json_parse(slice_of(data, size), &arena, &json, &fault) == STATUS_OK) {
        struct value text = json_value(&json, &arena);
        CHECK(json_depth(&json) <= JSON_DEPTH_MAX + 1);
        CHECK(json_parse(value_slice(&text), &arena, &again, &fault) == STATUS_OK);
        struct value second = json_value(&again, &arena);
        CHECK(slice_equal(value_slice(&text), value_slice(&second)));
        CHECK(json_compare(&json, &again) == 0);
        json_text_hash(value_slice(&text), 1);
    }
    arena_close(&arena);
    return 0;
}
