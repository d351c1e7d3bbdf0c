/* ddl_place.c: columns change their places in a definition, and keys follow them.
 *
 * Keys name columns by place, so whoever moves or drops a column says where each one went:
 *
 *   to_of | 0 | 2 | -1 | 1 |    column 1 is at place 2 now, column 2 is gone
 */
#include "sql/ddl.h"

void ddl_place_open(struct ddl_alter *alter, uint32_t more) {
    struct ddl_table *table = &alter->table;
    alter->sources = arena_array(table->arena, int32_t, table->column_count + more + 1);
    for (uint32_t i = 0; i < table->column_count; i++) alter->sources[i] = (int32_t)i;
}

static void parts_follow(struct ddl_table *table, struct index_definition *index,
                         const int32_t *to_of) {
    struct index_part *parts = arena_array(table->arena, struct index_part, index->part_count);
    uint16_t count = 0;
    for (uint32_t i = 0; i < index->part_count; i++) {
        int32_t to = to_of[index->parts[i].column];
        if (to < 0) continue;
        parts[count] = index->parts[i];
        parts[count++].column = (uint16_t)to;
    }
    if (count < index->part_count) index->id = 0, index->hidden_table_id = 0; /* another key */
    index->parts = parts;
    index->part_count = count;
}

static void keys_follow(struct ddl_table *table, const int32_t *to_of) {
    uint32_t kept = 0;
    if (table->primary.part_count > 0) parts_follow(table, &table->primary, to_of);
    for (uint32_t i = 0; i < table->index_count; i++) {
        parts_follow(table, &table->indexes[i], to_of);
        if (table->indexes[i].part_count > 0) table->indexes[kept++] = table->indexes[i];
    }
    table->index_count = kept;
    table->explicit_null = 0; /* by place */
}

void ddl_place_move(struct ddl_alter *alter, uint32_t from, uint32_t to) {
    struct ddl_table *table = &alter->table;
    CHECK(from < table->column_count && to < table->column_count);
    if (from == to) return;
    int32_t *to_of = arena_array(table->arena, int32_t, table->column_count);
    struct column_definition column = table->columns[from];
    int32_t source = alter->sources[from];
    int32_t step = from < to ? 1 : -1;
    for (uint32_t i = 0; i < table->column_count; i++) to_of[i] = (int32_t)i;
    for (uint32_t i = from; i != to; i = (uint32_t)((int32_t)i + step)) {
        uint32_t next = (uint32_t)((int32_t)i + step);
        table->columns[i] = table->columns[next];
        alter->sources[i] = alter->sources[next];
        to_of[next] = (int32_t)i;
    }
    table->columns[to] = column;
    alter->sources[to] = source;
    to_of[from] = (int32_t)to;
    keys_follow(table, to_of);
}

void ddl_place_drop(struct ddl_alter *alter, uint32_t place) {
    struct ddl_table *table = &alter->table;
    CHECK(place < table->column_count);
    int32_t *to_of = arena_array(table->arena, int32_t, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++)
        to_of[i] = i == place ? -1 : (int32_t)(i - (i > place));
    for (uint32_t i = place + 1; i < table->column_count; i++) {
        table->columns[i - 1] = table->columns[i];
        alter->sources[i - 1] = alter->sources[i];
    }
    table->column_count--;
    keys_follow(table, to_of);
}
