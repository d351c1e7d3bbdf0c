/* info_schema.c: the list of virtual tables, and how their rows are put together.
 *
 * Each table of info_schema.def becomes a table_definition once, in the server's arena, so that the binder treats it as any
 * other; its rows are made anew for each reading from what the statement's dictionary version and the server know.
 */
#include "sql/info_schema.h"

#include "row/collation.h"
#include "row/temporal.h"
#include "sql/session_private.h"

struct info_column {
    const char *name;
    uint8_t kind, flags; /* enum column_kind, enum column_flag */
    uint32_t length;
};
struct info_table {
    const char *database, *name;
    info_rows *rows;
    uint32_t first_column, column_count;
};

enum { INFO_TABLE_MAX = 96 };

/* One list holds the columns of all tables; a table's begin where the one's before end. */
#define TABLE(database, name, rows)       {NULL, 0, 0, 0},
#define COLUMN(name, kind, length, flags) {name, COLUMN_##kind, flags, length},
#define END
static const struct info_column columns[] = {
#include "sql/info_schema.def"
};
#undef TABLE
#undef COLUMN

#define TABLE(database, name, rows) {database, name, rows, 0, 0},
#define COLUMN(name, kind, length, flags)
static const struct info_table tables[] = {
#include "sql/info_schema.def"
};
#undef TABLE
#undef COLUMN
#undef END
static_assert(ARRAY_COUNT(tables) <= INFO_TABLE_MAX, "room for all");

struct info_virtual {
    struct virtual_table base;
    info_rows *rows;
};
struct info_schema {
    struct info_virtual tables[INFO_TABLE_MAX];
};

/* ---- definitions ---- */

static struct column_type column_type_of(const struct info_column *column) {
    struct column_type type = {.kind = column->kind,
                               .flags = column->flags,
                               .collation = COLLATION_BINARY,
                               .length = column->length};
    if (column_kind_is_text(column->kind)) type.collation = COLLATION_UTF8MB3_GENERAL_CI;
    if (column_kind_is_integer(column->kind)) type.length = 0;
    return type;
}

static struct table_definition *definition_of(struct arena *arena, const struct info_table *table,
                                              const struct info_column *first, uint32_t count) {
    struct table_definition *definition = arena_new(arena, struct table_definition);
    struct column_definition *made = arena_array(arena, struct column_definition, count);
    for (uint32_t i = 0; i < count; i++) {
        made[i] = (struct column_definition){.name = slice_of_text(first[i].name),
                                             .type = column_type_of(&first[i]),
                                             .default_kind = DEFAULT_VALUE};
    }
    *definition = (struct table_definition){.database = slice_of_text(table->database),
                                            .name = slice_of_text(table->name),
                                            .collation = COLLATION_UTF8MB3_GENERAL_CI,
                                            .column_count = (uint16_t)count,
                                            .columns = made};
    return definition;
}

static enum status virtual_rows(const struct virtual_table *base, void *session,
                                enum status (*emit)(void *to, const struct value *values),
                                void *to) {
    const struct info_virtual *table =
        CONTAINER_OF((struct virtual_table *)base, struct info_virtual, base);
    struct info_row row = {.session = session,
                           .arena = &((struct session *)session)->statement_arena,
                           .emit = emit,
                           .to = to,
                           .count = base->definition->column_count};
    row.values = arena_array(row.arena, struct value, row.count);
    return table->rows(&row);
}

struct info_schema *info_schema_open(struct arena *arena) {
    struct info_schema *info = arena_new(arena, struct info_schema);
    uint32_t at = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(tables); i++) {
        uint32_t first = ++at, count = 0; /* behind the table's own mark */
        while (at < ARRAY_COUNT(columns) && columns[at].name != NULL) at++, count++;
        struct info_virtual *made = &info->tables[i];
        made->rows = tables[i].rows;
        made->base.rows = virtual_rows;
        made->base.definition = definition_of(arena, &tables[i], &columns[first], count);
    }
    CHECK(at == ARRAY_COUNT(columns));
    return info;
}

const struct virtual_table *info_schema_at(const struct info_schema *info, uint32_t place) {
    return place < ARRAY_COUNT(tables) ? &info->tables[place].base : NULL;
}

const struct virtual_table *info_schema_find(const struct info_schema *info, struct slice database,
                                             struct slice name) {
    const struct virtual_table *table;
    for (uint32_t i = 0; (table = info_schema_at(info, i)) != NULL; i++) {
        if (slice_equal_nocase(table->definition->name, name) &&
            slice_equal_nocase(table->definition->database, database))
            return table;
    }
    return NULL;
}

/* ---- rows ---- */

void info_value(struct info_row *row, const struct value *value) {
    CHECK(row->at < row->count);
    row->values[row->at++] = *value;
}

void info_text(struct info_row *row, struct slice text) {
    struct value value = value_of_string(text, COLLATION_UTF8MB3_GENERAL_CI);
    info_value(row, &value);
}

void info_literal(struct info_row *row, const char *text) { info_text(row, slice_of_text(text)); }

void info_copy(struct info_row *row, struct slice text) {
    info_text(row, arena_copy(row->arena, text));
}

void info_uint(struct info_row *row, uint64_t number) {
    struct value value = value_of_uint(number);
    info_value(row, &value);
}

void info_int(struct info_row *row, int64_t number) {
    struct value value = value_of_int(number);
    info_value(row, &value);
}

void info_null(struct info_row *row) {
    struct value value = value_null();
    info_value(row, &value);
}

void info_nulls(struct info_row *row, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) info_null(row);
}

void info_time(struct info_row *row, uint64_t wall_us) {
    int64_t packed;
    int64_t local = time_zone_from_utc(row->session->settings.zone, (int64_t)wall_us);
    local -= local % US_PER_SECOND;
    if (wall_us == 0 || temporal_from_epoch_us(local, &packed) != STATUS_OK) {
        info_null(row);
        return;
    }
    struct value value = value_of_temporal(VALUE_DATETIME, packed, 0);
    info_value(row, &value);
}

enum status info_emit(struct info_row *row) {
    CHECK(row->at == row->count);
    row->at = 0;
    return row->emit(row->to, row->values);
}
