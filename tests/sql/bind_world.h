/* tests/sql/bind_world.h: binding and evaluating in a test: a catalog of a few tables, a session that never changes.
 *
 *   t   id INT PK AUTO_INCREMENT, k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL; KEY k
 *   u   id BIGINT UNSIGNED PK, name VARCHAR(20), price DECIMAL(10,2), born DATE, at DATETIME, seen TIMESTAMP,
 *       size ENUM('s','m','l'), latin VARCHAR(10) latin1, ratio DOUBLE; UNIQUE name
 */
#ifndef TESTS_SQL_BIND_WORLD_H
#define TESTS_SQL_BIND_WORLD_H

#include <criterion/criterion.h>

#include "base/random.h"
#include "row/collation.h"
#include "sql/bind.h"
#include "sql/parse.h"
#include "sql/sql_mode.h"
#include "sql/timezone.h"
#include "tests/base/chunks.h"

#define WORLD_TABLE_COUNT 2
#define WORLD_SQL_MODE                                                                             \
    (SQL_MODE_ONLY_FULL_GROUP_BY | SQL_MODE_STRICT_TRANS_TABLES |                                  \
     SQL_MODE_ERROR_FOR_DIVISION_BY_ZERO)

struct bind_world {
    struct bind_catalog catalog; /* first: the callbacks get back to the world */
    struct chunks chunks;
    struct arena arena;
    struct diagnostics diagnostics;
    struct table tables[WORLD_TABLE_COUNT];
    struct bind_input input;
    struct bound_statement *bound;
    struct random random;
    uint32_t eval_mode;
};

static const struct slice world_sizes[] = {
    {(const uint8_t *)"s", 1}, {(const uint8_t *)"m", 1}, {(const uint8_t *)"l", 1}};

static inline struct column_definition world_column(const char *name, struct column_type type,
                                                    uint8_t flags) {
    struct column_definition column = {.name = slice_of_text(name), .type = type};
    column.type.flags |= flags;
    if ((flags & COLUMN_NOT_NULL) == 0) column.default_kind = DEFAULT_VALUE;
    return column;
}

static inline struct column_type world_type(uint8_t kind, uint32_t length, uint16_t collation) {
    struct column_type type = {.kind = kind, .length = length, .collation = collation};
    if (kind == COLUMN_DOUBLE) type.scale = SCALE_NOT_FIXED;
    return type;
}

static inline struct table_definition *world_table(struct bind_world *world, uint64_t id,
                                                   const char *name,
                                                   const struct column_definition *columns,
                                                   uint16_t column_count) {
    struct table_definition *table = arena_new(&world->arena, struct table_definition);
    *table = (struct table_definition){.id = id,
                                       .schema_version = 1,
                                       .database = SLICE_LITERAL("test"),
                                       .name = slice_of_text(name),
                                       .collation = COLLATION_DEFAULT,
                                       .column_count = column_count,
                                       .partition_part_count = 1};
    struct column_definition *own =
        arena_array(&world->arena, struct column_definition, column_count);
    memcpy(own, columns, column_count * sizeof *own);
    table->columns = own;
    return table;
}

static inline void world_indexes(struct bind_world *world, struct table_definition *table,
                                 const char *second, uint8_t kind, uint16_t column) {
    struct index_definition *indexes = arena_array(&world->arena, struct index_definition, 2);
    struct index_part *parts = arena_array(&world->arena, struct index_part, 2);
    parts[1].column = column;
    indexes[0] = (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                           .id = 1,
                                           .kind = INDEX_PRIMARY,
                                           .part_count = 1,
                                           .parts = &parts[0]};
    indexes[1] = (struct index_definition){
        .name = slice_of_text(second), .id = 2, .kind = kind, .part_count = 1, .parts = &parts[1]};
    table->indexes = indexes;
    table->index_count = 2;
}

static inline void world_make_tables(struct bind_world *world) {
    struct column_definition t[] = {
        world_column("id", world_type(COLUMN_INT, 0, COLLATION_BINARY), COLUMN_NOT_NULL),
        world_column("k", world_type(COLUMN_INT, 0, COLLATION_BINARY), COLUMN_NOT_NULL),
        world_column("c", world_type(COLUMN_CHAR, 120, COLLATION_DEFAULT), COLUMN_NOT_NULL),
        world_column("pad", world_type(COLUMN_CHAR, 60, COLLATION_DEFAULT), COLUMN_NOT_NULL),
    };
    t[0].options = COLUMN_AUTO_INCREMENT;
    struct column_type size = world_type(COLUMN_ENUM, 0, COLLATION_DEFAULT);
    size.members = world_sizes;
    size.member_count = 3;
    struct column_definition u[] = {
        world_column("id", world_type(COLUMN_BIGINT, 0, COLLATION_BINARY),
                     COLUMN_NOT_NULL | COLUMN_UNSIGNED),
        world_column("name", world_type(COLUMN_VARCHAR, 20, COLLATION_DEFAULT), 0),
        world_column("price", column_type_decimal(10, 2), 0),
        world_column("born", world_type(COLUMN_DATE, 0, COLLATION_BINARY), 0),
        world_column("at", world_type(COLUMN_DATETIME, 0, COLLATION_BINARY), 0),
        world_column("seen", world_type(COLUMN_TIMESTAMP, 0, COLLATION_BINARY), 0),
        world_column("size", size, 0),
        world_column("latin", world_type(COLUMN_VARCHAR, 10, COLLATION_LATIN1_SWEDISH_CI), 0),
        world_column("ratio", world_type(COLUMN_DOUBLE, 0, COLLATION_BINARY), 0),
    };
    struct table_definition *first = world_table(world, 1, "t", t, ARRAY_COUNT(t));
    struct table_definition *second = world_table(world, 2, "u", u, ARRAY_COUNT(u));
    world_indexes(world, first, "k_1", INDEX_ORDERED, 1);
    world_indexes(world, second, "name", INDEX_UNIQUE, 1);
    world->tables[0].definition = first;
    world->tables[1].definition = second;
}

MUST_USE static inline enum status world_find_table(const struct bind_catalog *catalog,
                                                    struct slice schema, struct slice name,
                                                    const struct table **base_out,
                                                    const struct virtual_table **virtual_out) {
    const struct bind_world *world = (const struct bind_world *)catalog;
    *virtual_out = NULL;
    for (size_t i = 0; i < WORLD_TABLE_COUNT; i++) {
        const struct table_definition *table = world->tables[i].definition;
        if (!slice_equal(table->name, name) || !slice_equal(table->database, schema)) continue;
        *base_out = &world->tables[i];
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

MUST_USE static inline enum status world_find_view(const struct bind_catalog *catalog,
                                                   struct slice schema, struct slice name,
                                                   struct bind_view *view_out) {
    (void)catalog;
    (void)schema;
    if (!slice_equal(name, SLICE_LITERAL("v"))) return STATUS_NOT_FOUND;
    *view_out = (struct bind_view){SLICE_LITERAL("SELECT id AS a, c FROM t WHERE k > 3"),
                                   SLICE_LITERAL("test")};
    return STATUS_OK;
}

static inline bool world_has_schema(const struct bind_catalog *catalog, struct slice schema) {
    (void)catalog;
    return slice_equal(schema, SLICE_LITERAL("test"));
}

MUST_USE static inline enum status world_variable(const struct bind_catalog *catalog,
                                                  enum ast_scope scope, struct slice name,
                                                  struct value *value_out,
                                                  struct column_type *type_out) {
    (void)catalog;
    (void)scope;
    if (!slice_equal_nocase(name, SLICE_LITERAL("max_allowed_packet"))) return STATUS_NOT_FOUND;
    *value_out = value_of_uint(67108864);
    *type_out = column_type_bigint(COLUMN_UNSIGNED);
    return STATUS_OK;
}

static inline void bind_world_open(struct bind_world *world) {
    *world = (struct bind_world){.chunks = chunks_open()};
    arena_open(&world->arena, &world->chunks.source, 0);
    world->catalog = (struct bind_catalog){.find_table = world_find_table,
                                           .find_view = world_find_view,
                                           .has_schema = world_has_schema,
                                           .system_variable = world_variable};
    world_make_tables(world);
    world->input = (struct bind_input){.arena = &world->arena,
                                       .catalog = &world->catalog,
                                       .diagnostics = &world->diagnostics,
                                       .database = SLICE_LITERAL("test"),
                                       .sql_mode = WORLD_SQL_MODE,
                                       .connection_collation = COLLATION_DEFAULT};
    world->eval_mode = EVAL_ERROR_FOR_DIVISION_BY_ZERO;
    diagnostics_open(&world->diagnostics, &world->arena, 64);
}

static inline void bind_world_close(struct bind_world *world) {
    arena_close(&world->arena);
    cr_assert_eq(world->chunks.out_bytes, 0);
}

/* Parses and binds; the answer is in world->bound, the error in world->diagnostics. */
MUST_USE static inline enum status world_bind(struct bind_world *world, const char *text) {
    struct parse_input input = {.text = slice_of_text(text)};
    struct parse_result result;
    diagnostics_open(&world->diagnostics, &world->arena, 64);
    enum status status = parse_statement(&world->arena, &input, &result);
    cr_assert_eq(status, STATUS_OK, "%s\n  %s", text, result.error.text);
    world->input.parameter_count = result.statement->parameter_count;
    return bind_statement(&world->input, result.statement, &world->bound);
}

/* A context to evaluate in: 2024-02-29 12:34:56.789012 UTC, connection 7. */
static inline struct eval_context world_context(struct bind_world *world) {
    static const struct session_facts facts = {.user = SLICE_LITERAL("root@localhost"),
                                               .current_user = SLICE_LITERAL("root@%"),
                                               .database = SLICE_LITERAL("test"),
                                               .version = SLICE_LITERAL("8.4.3-tessera"),
                                               .connection_id = 7,
                                               .last_insert_id = 11,
                                               .row_count = -1};
    random_open(&world->random, 42);
    uint64_t *states = arena_array(&world->arena, uint64_t, 64);
    return (struct eval_context){.arena = &world->arena,
                                 .slots = arena_array(&world->arena, struct value, 256),
                                 .mode = world->eval_mode,
                                 .connection_collation = COLLATION_DEFAULT,
                                 .division_scale_increment = 4,
                                 .now_epoch_us = INT64_C(1709210096789012),
                                 .sysdate_epoch_us = INT64_C(1709210096789012),
                                 .random = &world->random,
                                 .rand_states = states,
                                 .diagnostics = &world->diagnostics,
                                 .facts = &facts,
                                 .group_concat_bytes_max = 1024,
                                 .packet_bytes_max = 1 << 26};
}

/* The text of `SELECT <expression>`: its value as a client sees it, NULL, or "error <number>: <text>". */
static inline const char *world_eval(struct bind_world *world, const char *expression) {
    const char *text = arena_printf(&world->arena, "SELECT %s", expression);
    enum status status = world_bind(world, text);
    struct value value;
    const struct bound_item *item = NULL;
    if (status == STATUS_OK) {
        struct eval_context context = world_context(world);
        item = &world->bound->query->items[0];
        status = expr_eval(item->expr, &context, &value);
    }
    if (status != STATUS_OK) {
        const struct condition *error = &world->diagnostics.error;
        return arena_printf(&world->arena, "error %u: %s", (unsigned)error->number,
                            arena_text(&world->arena, error->message));
    }
    if (value_is_null(&value)) return "NULL";
    return arena_text(&world->arena, value_text_typed(&value, &item->type, &world->arena));
}

/* The first item's type of a SELECT, as SHOW CREATE TABLE would print it. */
static inline const char *world_type_of(struct bind_world *world, const char *expression) {
    const char *text = arena_printf(&world->arena, "SELECT %s", expression);
    if (world_bind(world, text) != STATUS_OK) {
        return arena_text(&world->arena, world->diagnostics.error.message);
    }
    struct buffer type = buffer_of(&world->arena);
    column_type_print(&world->bound->query->items[0].type, &type);
    return arena_text(&world->arena, buffer_slice(&type));
}

struct eval_case {
    const char *expression, *expected;
};

static inline void world_expect(const struct eval_case *cases, size_t count) {
    struct bind_world world;
    bind_world_open(&world);
    for (size_t i = 0; i < count; i++) {
        const char *got = world_eval(&world, cases[i].expression);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  gives %s, not %s", cases[i].expression, got,
                         cases[i].expected);
    }
    bind_world_close(&world);
}

#endif
