/* trace.c: recording what happened, cheaply enough to leave it on.
 *
 * Adding a record is one cache line written and some 10 ns of hashing; formatting waits until
 * somebody reads. Texts are literals, so that a record need not copy them; their bytes, not their
 * places, go into the hash, because places differ from run to run.
 */
#include "base/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"

void trace_open(struct trace *trace, struct trace_record *records, uint32_t record_count) {
    CHECK(records != NULL && record_count > 0);
    CHECK((record_count & (record_count - 1)) == 0);
    *trace = (struct trace){.records = records, .record_count = record_count};
}

void trace_step(struct trace *trace, uint64_t now_us) {
    if (trace != NULL) trace->now_us = now_us;
}

static uint64_t hash_text(const char *text, uint64_t seed) {
    return text == NULL ? seed : hash_bytes_seeded(slice_of_text(text), seed);
}

static void trace_put(struct trace *trace, const struct trace_record *record) {
    struct trace_record *place = &trace->records[trace->number_next & (trace->record_count - 1)];
    *place = *record;
    place->number = trace->number_next++;
    place->now_us = trace->now_us;
    uint64_t numbers[] = {trace->hash, place->now_us, place->values[0], place->values[1],
                          place->values[2]};
    uint64_t hash = hash_bytes(slice_of(numbers, sizeof(numbers)));
    trace->hash = hash_text(place->to, hash_text(place->from, hash_text(place->text, hash)));
}

void trace_add(struct trace *trace, const char *text, uint64_t a, uint64_t b, uint64_t c) {
    if (trace == NULL) return;
    CHECK(text != NULL);
    trace_put(trace, &(struct trace_record){.text = text, .values = {a, b, c}});
}

void trace_move(struct trace *trace, const char *name, uint64_t id, const char *from,
                const char *to) {
    if (trace == NULL) return;
    CHECK(name != NULL && from != NULL && to != NULL);
    trace_put(trace, &(struct trace_record){.text = name, .from = from, .to = to, .values = {id}});
}

const struct trace_record *trace_recent(const struct trace *trace, uint64_t age) {
    if (age >= trace->number_next || age >= trace->record_count) return NULL;
    uint64_t number = trace->number_next - 1 - age;
    return &trace->records[number & (trace->record_count - 1)];
}

static void put_text(struct writer *line, const char *text) {
    for (; *text != '\0'; text++) writer_u8(line, (uint8_t)*text);
}

static void put_number(struct writer *line, uint64_t number) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    put_text(line, digits);
}

static void put_event(struct writer *line, const struct trace_record *record) {
    unsigned used = 0;
    for (const char *at = record->text; *at != '\0'; at++) {
        if (*at == '%' && used < ARRAY_COUNT(record->values))
            put_number(line, record->values[used++]);
        else
            writer_u8(line, (uint8_t)*at);
    }
}

static void put_move(struct writer *line, const struct trace_record *record) {
    put_text(line, record->text);
    put_text(line, " ");
    put_number(line, record->values[0]);
    put_text(line, ": ");
    put_text(line, record->from);
    put_text(line, " -> ");
    put_text(line, record->to);
}

size_t trace_format(const struct trace_record *record, char *line, size_t size) {
    CHECK(size > 0);
    struct writer writer = writer_of(line, size - 1); /* what does not fit is left out */
    put_number(&writer, record->number);
    put_text(&writer, " ");
    put_number(&writer, record->now_us);
    put_text(&writer, "us ");
    if (record->from != NULL)
        put_move(&writer, record);
    else
        put_event(&writer, record);
    size_t length = writer_written(&writer).size;
    line[length] = '\0';
    return length;
}
