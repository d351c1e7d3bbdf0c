/* base/trace.h: the last things a node did, and one number for all it ever did.
 *
 * A ring of records in memory; who prints it is io/'s or sim/'s business. The hash covers every
 * record since trace_open with times, texts and values, never an address: two runs of one seed have
 * the same. Every function that adds bears a NULL trace and does nothing then.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include "base/bytes.h"

struct trace_record {
    uint64_t number; /* from 0 */
    uint64_t now_us;
    const char *text;      /* a literal; each '%' stands for the next value */
    const char *from, *to; /* literals, names of states; NULL in records that are no move */
    uint64_t values[3];
};
static_assert(sizeof(struct trace_record) == 64, "a record is a cache line");

struct trace {
    struct trace_record *records;
    uint32_t record_count; /* a power of two */
    uint64_t number_next;  /* records ever added */
    uint64_t now_us;
    uint64_t hash;
};

enum { TRACE_LINE_BYTES_MAX = 256 };

/* `records` is borrowed until the trace is forgotten; record_count is a power of two. */
void trace_open(struct trace *trace, struct trace_record *records, uint32_t record_count);
/* The time of all records to come, once at the start of each step. */
void trace_step(struct trace *trace, uint64_t now_us);
/* `text` is a literal, for instance "commit txn % at lsn %"; values without a '%' only count in the
 * hash. */
void trace_add(struct trace *trace, const char *text, uint64_t a, uint64_t b, uint64_t c);
/* A move of the state machine `id` of kind `name`. */
void trace_move(struct trace *trace, const char *name, uint64_t id, const char *from,
                const char *to);

/* The record that was added `age` records ago, 0 being the newest; NULL when it is not kept. */
const struct trace_record *trace_recent(const struct trace *trace, uint64_t age);
/* One line without a line end, with a NUL, cut to `size` bytes; returns its length. */
size_t trace_format(const struct trace_record *record, char *line, size_t size);

#endif
