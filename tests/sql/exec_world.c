/* exec_world.c: what a session does for one statement, at its smallest. */
#include "tests/sql/exec_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "row/collation.h"
#include "sql/ast_statement.h"
#include "sql/bind.h"
#include "sql/parse.h"

static const struct slice database = SLICE_LITERAL("test");

struct statement {
    struct exec_world *world;
    const char *text;
    const struct value *values;
    uint32_t value_count;
    struct schema *schema;
    struct arena arena, row_arena;
    struct diagnostics diagnostics;
    struct buffer answer;
};

/* ---- the catalog ---- */

struct catalog {
    struct bind_catalog catalog;
    struct statement *statement;
};

static enum status find_table(const struct bind_catalog *catalog, struct slice schema,
                              struct slice name, const struct table **base_out,
                              const struct virtual_table **virtual_out) {
    const struct catalog *self = (const struct catalog *)catalog;
    *virtual_out = NULL;
    *base_out = schema_table(self->statement->schema, schema, name);
    return *base_out != NULL ? STATUS_OK : STATUS_NOT_FOUND;
}
static enum status find_view(const struct bind_catalog *catalog, struct slice schema,
                             struct slice name, struct bind_view *view_out) {
    (void)catalog, (void)schema, (void)name, (void)view_out;
    return STATUS_NOT_FOUND;
}
static bool has_schema(const struct bind_catalog *catalog, struct slice schema) {
    (void)catalog;
    return slice_equal(schema, database);
}
static enum status system_variable(const struct bind_catalog *catalog, enum ast_scope scope,
                                   struct slice name, struct value *value_out,
                                   struct column_type *type_out) {
    (void)catalog, (void)scope, (void)name, (void)value_out, (void)type_out;
    return STATUS_NOT_FOUND;
}

/* ---- the sink ---- */

struct recorder {
    struct result_sink sink;
    struct statement *statement;
    const struct result_column *columns;
};

static void sink_columns(struct result_sink *sink, const struct result_column *columns,
                         uint32_t count) {
    (void)count;
    ((struct recorder *)sink)->columns = columns;
}
static enum status sink_row(struct result_sink *sink, const struct value *values, uint32_t count) {
    struct recorder *recorder = (struct recorder *)sink;
    struct buffer *answer = &recorder->statement->answer;
    if (answer->size > 0) buffer_append_byte(answer, '\n');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) buffer_append_byte(answer, '|');
        buffer_append(answer, value_is_null(&values[i])
                                  ? SLICE_LITERAL("NULL")
                                  : value_text_typed(&values[i], &recorder->columns[i].type,
                                                     &recorder->statement->world->arena));
    }
    return STATUS_OK;
}

/* ---- CREATE TABLE ---- */

static struct column_definition column_of(struct statement *statement,
                                          const struct ast_column *ast) {
    struct column_definition column = {.name = ast->name};
    CHECK(bind_type(ast->type, COLLATION_UTF8MB4_0900_AI_CI, &statement->arena,
                    &statement->diagnostics, &column.type) == STATUS_OK);
    if (ast->null == AST_NULL_REFUSED || ast->is_primary) column.type.flags |= COLUMN_NOT_NULL;
    if (ast->is_auto_increment) column.options = COLUMN_AUTO_INCREMENT;
    if (column_type_is_nullable(&column.type)) column.default_kind = DEFAULT_VALUE;
    if (ast->default_value != NULL && ast->default_value->kind == AST_EXPR_LITERAL) {
        struct value given = bind_literal_value(
            ast->default_value->literal.kind, ast->default_value->literal.integer,
            ast->default_value->literal.text, column.type.collation, &statement->arena);
        struct convert_options options = {0};
        column.default_kind = DEFAULT_VALUE;
        CHECK(value_convert(&given, &column.type, &options, &statement->arena,
                            &column.default_value) == STATUS_OK);
    } else if (ast->default_value != NULL) {
        column.default_kind = DEFAULT_NOW;
    }
    if (ast->on_update != NULL) column.options |= COLUMN_ON_UPDATE_NOW;
    return column;
}

static void add_index(struct table_definition *table, struct index_definition index) {
    struct index_definition *indexes = (struct index_definition *)table->indexes;
    index.id = table->index_count;
    if (index.kind == INDEX_PRIMARY) {
        memmove(indexes + 1, indexes, table->index_count * sizeof *indexes);
        indexes[0] = index;
    } else {
        indexes[table->index_count] = index;
    }
    table->index_count++;
}

static struct index_definition index_of(struct statement *statement,
                                        const struct table_definition *table,
                                        const struct ast_key *key) {
    struct index_part *parts = arena_array(&statement->arena, struct index_part, key->parts.count);
    for (uint32_t i = 0; i < key->parts.count; i++) {
        int32_t column = table_find_column(table, key->parts.items[i].column);
        CHECK(column >= 0);
        parts[i] = (struct index_part){.column = (uint16_t)column};
        struct column_definition *columns = (struct column_definition *)table->columns;
        if (key->kind == AST_KEY_PRIMARY) {
            columns[column].type.flags |= COLUMN_NOT_NULL;
            columns[column].default_kind = DEFAULT_NONE;
        }
    }
    bool is_primary = key->kind == AST_KEY_PRIMARY;
    return (struct index_definition){.name = is_primary           ? SLICE_LITERAL("PRIMARY")
                                             : key->name.size > 0 ? key->name
                                                                  : key->parts.items[0].column,
                                     .kind = is_primary                    ? INDEX_PRIMARY
                                             : key->kind == AST_KEY_UNIQUE ? INDEX_UNIQUE
                                                                           : INDEX_ORDERED,
                                     .part_count = (uint16_t)key->parts.count,
                                     .parts = parts};
}

static struct table_definition *table_of(struct statement *statement,
                                         const struct ast_create_table *ast) {
    struct arena *arena = &statement->arena;
    struct table_definition *table = arena_new(arena, struct table_definition);
    const struct ast_columns *columns = &ast->elements.columns;
    struct column_definition *list =
        arena_array(arena, struct column_definition, columns->count + 1);
    table->database = database;
    table->name = ast->table.object;
    table->collation = COLLATION_UTF8MB4_0900_AI_CI;
    table->columns = list;
    table->column_count = (uint16_t)columns->count;
    table->indexes = arena_alloc_zeroed(arena, 16 * sizeof *table->indexes);
    table->partition_part_count = 1;
    for (uint32_t i = 0; i < columns->count; i++) {
        list[i] = column_of(statement, columns->items[i]);
        if (list[i].options & COLUMN_AUTO_INCREMENT) list[i].default_kind = DEFAULT_NONE;
    }
    for (uint32_t i = 0; i < columns->count; i++) {
        if (!columns->items[i]->is_primary) continue;
        struct index_part *part = arena_new(arena, struct index_part);
        part->column = (uint16_t)i;
        list[i].default_kind = DEFAULT_NONE;
        add_index(table, (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                                   .kind = INDEX_PRIMARY,
                                                   .part_count = 1,
                                                   .parts = part});
    }
    for (uint32_t i = 0; i < columns->count; i++) {
        if (!columns->items[i]->is_unique) continue;
        struct index_part *part = arena_new(arena, struct index_part);
        part->column = (uint16_t)i;
        add_index(table, (struct index_definition){.name = columns->items[i]->name,
                                                   .kind = INDEX_UNIQUE,
                                                   .part_count = 1,
                                                   .parts = part});
    }
    for (uint32_t i = 0; i < ast->elements.keys.count; i++) {
        add_index(table, index_of(statement, table, ast->elements.keys.items[i]));
    }
    table_add_row_id(table, arena);
    return table;
}

static void create_table(struct statement *statement, const struct ast_create_table *ast) {
    struct exec_world *world = statement->world;
    const struct ddl_change change = {.kind = DDL_CREATE_TABLE,
                                      .database = database,
                                      .name = ast->table.object,
                                      .definition = table_of(statement, ast),
                                      .based_on = schema_version(statement->schema),
                                      .held = statement->schema};
    statement->schema = NULL;
    enum status status =
        cluster_ddl(sql_pool_cluster(world->pool), sql_pool_waiter(world->pool), &change);
    buffer_printf(&statement->answer, "%s", status == STATUS_OK ? "ok" : status_name(status));
}

/* ---- other statements ---- */

static const struct table_statistics *statistics(void *context, const struct table *table) {
    return cluster_statistics(sql_pool_cluster(((struct exec_world *)context)->pool), table);
}

static enum status plan_make(struct statement *statement, const struct ast_statement *ast,
                             struct plan **plan_out) {
    struct catalog catalog = {{find_table, find_view, has_schema, system_variable, NULL},
                              statement};
    struct bind_input input = {.arena = &statement->arena,
                               .catalog = &catalog.catalog,
                               .diagnostics = &statement->diagnostics,
                               .database = database,
                               .connection_collation = COLLATION_UTF8MB4_0900_AI_CI,
                               .parameters = statement->values,
                               .parameter_count = statement->value_count};
    struct bound_statement *bound;
    enum status status = bind_statement(&input, ast, &bound);
    if (status != STATUS_OK) return status;
    struct plan_input planned = {.arena = &statement->arena,
                                 .diagnostics = &statement->diagnostics,
                                 .bound = bound,
                                 .statistics = statistics,
                                 .statistics_context = statement->world,
                                 .keeps_aggregates = statement->world->keeps_aggregates};
    return plan_statement(&planned, plan_out);
}

static struct txn *begin(struct statement *statement, enum txn_kind kind) {
    struct exec_world *world = statement->world;
    const struct txn_options options = {.isolation = ISOLATION_REPEATABLE_READ,
                                        .kind = kind,
                                        .lock_wait_ms = 1000,
                                        .session_floor = world->floor};
    return txn_open(sql_pool_cluster(world->pool), sql_pool_waiter(world->pool), &options);
}

static enum status end(struct statement *statement, struct txn *txn, enum status status) {
    struct exec_world *world = statement->world;
    if (status == STATUS_OK) {
        status = txn_commit(txn, &world->floor);
        if (status == STATUS_OK) return STATUS_OK;
        return diagnostics_status(&statement->diagnostics, status);
    }
    txn_rollback(txn, &world->floor);
    return status;
}

static void tell(struct statement *statement, enum status status,
                 const struct exec_result *result) {
    const struct diagnostics *diagnostics = &statement->diagnostics;
    if (status != STATUS_OK) {
        statement->answer.size = 0;
        buffer_printf(&statement->answer, "error %u %.*s", diagnostics->error.number,
                      (int)diagnostics->error.message.size,
                      (const char *)diagnostics->error.message.data);
        return;
    }
    if (!result->has_rows) {
        buffer_printf(&statement->answer, "ok %llu", (unsigned long long)result->affected_rows);
        if (result->generated_id != 0) {
            buffer_printf(&statement->answer, " id %llu", (unsigned long long)result->generated_id);
        }
    }
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        buffer_printf(&statement->answer, "\nwarning %u %.*s", diagnostics->conditions[i].number,
                      (int)diagnostics->conditions[i].message.size,
                      (const char *)diagnostics->conditions[i].message.data);
    }
}

static void execute(struct statement *statement, const struct ast_statement *ast) {
    struct exec_world *world = statement->world;
    struct plan *plan;
    struct exec_result result = {0};
    const struct ast_statement *planned = ast->kind == AST_EXPLAIN ? ast->explain->statement : ast;
    enum status status = plan_make(statement, planned, &plan);
    if (status == STATUS_OK) {
        struct txn *txn = world->txn != NULL ? world->txn : begin(statement, TXN_AUTOCOMMIT);
        struct recorder recorder = {{.columns = sink_columns, .row = sink_row}, statement, NULL};
        struct eval_context eval = {.arena = &statement->row_arena,
                                    .parameters = statement->values,
                                    .parameter_count = statement->value_count,
                                    .mode = world->mode,
                                    .division_scale_increment = 4,
                                    .connection_collation = COLLATION_UTF8MB4_0900_AI_CI,
                                    .group_concat_bytes_max = 1024,
                                    .packet_bytes_max = 1 << 26,
                                    .now_epoch_us = 1700000000123456,
                                    .diagnostics = &statement->diagnostics};
        struct exec_context context = {.plan = plan,
                                       .txn = txn,
                                       .cluster = sql_pool_cluster(world->pool),
                                       .waiter = sql_pool_waiter(world->pool),
                                       .arena = &statement->arena,
                                       .sink = &recorder.sink,
                                       .eval = &eval,
                                       .capabilities = world->capabilities,
                                       .row_limit = UINT64_MAX,
                                       .cte_rounds_max = 1000,
                                       .is_autocommit = world->txn == NULL,
                                       .statement_extent = world->txn == NULL,
                                       .auto_increment_increment = 1,
                                       .auto_increment_offset = 1,
                                       .spill_files = world->spill_files,
                                       .keep_bytes = world->keep_bytes};
        txn_begin_statement(txn);
        status = ast->kind == AST_EXPLAIN
                     ? exec_explain(&context,
                                    ast->explain->format == AST_EXPLAIN_TREE ? EXPLAIN_TREE
                                                                             : EXPLAIN_TRADITIONAL,
                                    &result)
                     : exec_statement(&context, &result);
        if (world->txn == NULL) {
            status = end(statement, txn, status);
        } else if (status != STATUS_OK) {
            enum status undone = txn_fail_statement(txn);
            CHECK(undone == STATUS_OK || txn_is_over(txn));
        }
    }
    tell(statement, status, &result);
}

static void transaction(struct statement *statement, const struct ast_statement *ast) {
    struct exec_world *world = statement->world;
    if (ast->kind == AST_BEGIN) {
        world->txn = begin(statement, TXN_EXPLICIT);
    } else if (ast->kind == AST_COMMIT) {
        CHECK(txn_commit(world->txn, &world->floor) == STATUS_OK);
        world->txn = NULL;
    } else {
        txn_rollback(world->txn, &world->floor);
        world->txn = NULL;
    }
    buffer_printf(&statement->answer, "ok");
}

static void run(void *argument) {
    struct statement *statement = argument;
    struct parse_input input = {.text = slice_of_text(statement->text)};
    struct parse_result result;
    enum status status = parse_statement(&statement->arena, &input, &result);
    statement->schema = schema_hold(sql_pool_cluster(statement->world->pool));
    if (status != STATUS_OK) {
        buffer_printf(&statement->answer, "error %u %s", result.error.number, result.error.text);
    } else if (result.statement->kind == AST_CREATE_TABLE) {
        create_table(statement, result.statement->create_table);
    } else if (result.statement->kind == AST_BEGIN || result.statement->kind == AST_COMMIT ||
               result.statement->kind == AST_ROLLBACK) {
        transaction(statement, result.statement);
    } else {
        execute(statement, result.statement);
    }
    if (statement->schema != NULL) {
        schema_release(sql_pool_cluster(statement->world->pool), statement->schema);
    }
}

const char *exec_world_run_with(struct exec_world *world, const char *text,
                                const struct value *values, uint32_t count) {
    struct statement statement = {
        .world = world, .text = text, .values = values, .value_count = count};
    statement.answer = buffer_of(&world->arena);
    arena_open(&statement.arena, sql_pool_source(world->pool), 0);
    arena_open(&statement.row_arena, sql_pool_source(world->pool), 0);
    diagnostics_open(&statement.diagnostics, &statement.arena, 64);
    sql_pool_run(world->pool, run, &statement);
    const char *answer = arena_text(&world->arena, buffer_slice(&statement.answer));
    arena_close(&statement.row_arena);
    arena_close(&statement.arena);
    return answer;
}

const char *exec_world_run(struct exec_world *world, const char *text) {
    return exec_world_run_with(world, text, NULL, 0);
}

static void create_database(void *argument) {
    struct exec_world *world = argument;
    const struct ddl_change change = {.kind = DDL_CREATE_DATABASE, .database = database};
    enum status status =
        cluster_ddl(sql_pool_cluster(world->pool), sql_pool_waiter(world->pool), &change);
    if (status != STATUS_OK) fprintf(stderr, "CREATE DATABASE: %s\n", status_name(status));
    CHECK(status == STATUS_OK);
}

struct exec_world *exec_world_open(void) {
    struct exec_world *world = calloc(1, sizeof *world);
    CHECK(world != NULL);
    world->pool = sql_pool_open(1);
    world->mode = EVAL_STRICT | EVAL_ERROR_FOR_DIVISION_BY_ZERO;
    arena_open(&world->arena, sql_pool_source(world->pool), 0);
    sql_pool_run(world->pool, create_database, world);
    return world;
}

static void roll_back(void *argument) {
    struct exec_world *world = argument;
    txn_rollback(world->txn, &world->floor);
}

void exec_world_close(struct exec_world *world) {
    if (world->txn != NULL) sql_pool_run(world->pool, roll_back, world);
    arena_close(&world->arena);
    sql_pool_close(world->pool);
    free(world);
}
