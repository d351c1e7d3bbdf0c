/* sql/exec_sorter.h: rows in, rows in order out, in memory as far as there is some.
 */
#ifndef SQL_EXEC_SORTER_H
#define SQL_EXEC_SORTER_H

#include "sql/exec_spill.h"

struct sort_key {
    uint16_t collation;
    uint8_t is_descending;
};

/* What becomes of rows whose keys are all equal: everyone is given, or the first that was added. */
enum sorter_repeats { SORTER_ALL, SORTER_FIRST };

struct sorter_spec {
    const struct sort_key *keys;
    uint32_t key_count;
    uint32_t value_count; /* of a row; its first key_count values are the keys */
    uint64_t keep;        /* only the first so many are wanted; UINT64_MAX: all */
    enum sorter_repeats repeats;
};

struct sorter;
/* It lives as long as the execution; arenas of its own are used again after sorter_reset. */
struct sorter *sorter_open(struct execution *execution, const struct sorter_spec *spec);
/* Forgets all rows. */
void sorter_reset(struct sorter *sorter, uint64_t keep);
/* Copies the values. */
MUST_USE enum status sorter_add(struct sorter *sorter, const struct value *values);
/* No more rows will be added. */
MUST_USE enum status sorter_finish(struct sorter *sorter);
/* END behind the last one. The values live until the next call. */
MUST_USE enum status sorter_next(struct sorter *sorter, const struct value **values_out);

#endif
