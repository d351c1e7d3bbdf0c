/* load.c: LOAD DATA LOCAL INFILE: rows of a client's file into a table.
 *
 *   client --pieces--> load_reader --fields--> #load.rows, a virtual table read row by row --> INSERT .. SELECT
 *
 * The statement is INSERT [IGNORE] or REPLACE .. SELECT over a table that has a text column for each target, so columns, SET,
 * defaults, AUTO_INCREMENT, batches and the transaction are those of INSERT. User variables of the list are set as their row
 * is read, which is before SET's expressions look at them, since rows are pulled one at a time.
 *
 *   (LD1) LOCAL counts as IGNORE, as in MySQL: nothing can stop the client, so what is wrong with a row is a warning.
 *   (LD2) The client is asked for its file when the first row is wanted: errors of names come before. Once it was asked, all that
 *         it sends is taken before it is answered.
 *   (LD3) The text can be read once, so the statement is never run again. It is run for a chunk of rows after the other, each
 *         with memory of its own, in one transaction: a LOAD is undone as a whole.
 *   (LD4) Files of this host are not read (1290), as where secure_file_priv is NULL.
 */
#include "row/collation.h"
#include "row/temporal.h"
#include "sql/coerce.h"
#include "sql/load_reader.h"
#include "sql/session_private.h"

#define CHUNK_ROWS 4096

struct load_target {
    struct slice name;
    bool is_variable;
    struct load_field absent; /* what a row that is too short has there */
};

struct load {
    struct virtual_table base;
    struct session *session;
    const struct ast_load *ast;
    const struct table *table;
    struct load_target *targets;
    uint32_t target_count;
    struct load_reader reader;
    struct arena row_arena;
    uint8_t charset; /* of the file */
    bool is_asked, is_over;
    uint32_t chunk_left;
    uint64_t row_count, affected_rows, first_id;
};

static struct load *load_of(const struct virtual_table *table) {
    return CONTAINER_OF((struct virtual_table *)table, struct load, base);
}

/* ---- what is loaded ---- */

static enum status refuse(struct session *session, const struct ast_load *ast) {
    struct diagnostics *diagnostics = &session->diagnostics;
    if (ast->is_xml) return diagnostics_unsupported(diagnostics, "LOAD XML");
    if (ast->partitions.count > 0)
        return diagnostics_unsupported(diagnostics, "LOAD DATA .. PARTITION");
    if (!ast->is_local)
        return diagnostics_error(diagnostics, ER_OPTION_PREVENTS_STATEMENT, "--secure-file-priv");
    struct value is_on = settings_global(session->server, VARIABLE_local_infile);
    if (is_on.u == 0 || (session->capabilities & CLIENT_LOCAL_FILES) == 0)
        return diagnostics_error(diagnostics, ER_CLIENT_LOCAL_FILES_DISABLED);
    const struct ast_file_format *format = &ast->format;
    bool is_fixed = format->has_field_end && format->field_end.size == 0;
    if (is_fixed) return diagnostics_unsupported(diagnostics, "LOAD DATA of fixed-size rows");
    if (format->enclosed.size > 1 || format->escape.size > 1)
        return diagnostics_error_text(diagnostics, ER_WRONG_FIELD_TERMINATORS,
                                      "Field separator argument is not what is expected; "
                                      "check the manual");
    return STATUS_OK;
}

static enum status find_charset(struct load *load) {
    struct session *session = load->session;
    struct slice name = load->ast->format.charset;
    if (name.size == 0) {
        struct value of_database =
            settings_read(session, AST_SCOPE_SESSION, VARIABLE_character_set_database);
        name = value_slice(&of_database);
    }
    const struct charset *charset = charset_find_name(name);
    if (charset == NULL)
        return diagnostics_error(&session->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                                 arena_text(&session->statement_arena, name));
    load->charset = charset->id;
    return STATUS_OK;
}

static struct slice now_text(const struct session *session, struct arena *arena) {
    int64_t packed;
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    int64_t local_us = time_zone_from_utc(session->settings.zone, session->now_us);
    if (temporal_from_epoch_us(local_us, &packed) != STATUS_OK) return SLICE_EMPTY;
    struct value value = {.kind = VALUE_DATETIME, .i = packed};
    return arena_copy(arena, value_text(&value, memory));
}

/* The column's default as a text, or what counts as nothing. */
static struct load_field absent_of(const struct load *load,
                                   const struct column_definition *column) {
    struct arena *arena = &load->session->statement_arena;
    bool is_nullable = column_type_is_nullable(&column->type);
    if (column->default_kind == DEFAULT_NOW)
        return (struct load_field){.text = now_text(load->session, arena)};
    if (column->default_kind == DEFAULT_VALUE && !value_is_null(&column->default_value))
        return (struct load_field){
            .text = value_text_typed(&column->default_value, &column->type, arena)};
    if (is_nullable) return (struct load_field){.is_null = 1};
    bool is_number = column_kind_is_numeric(column->type.kind);
    return (struct load_field){.text = is_number ? SLICE_LITERAL("0") : SLICE_EMPTY};
}

static enum status listed_target(struct load *load, const struct ast_expr *ast,
                                 struct load_target *out) {
    struct session *session = load->session;
    if (ast->kind == AST_EXPR_USER_VARIABLE) {
        *out = (struct load_target){.name = ast->variable.name, .is_variable = true};
        const struct value empty = value_of_string(SLICE_EMPTY, COLLATION_DEFAULT);
        return user_variable_set(session, out->name, &empty); /* so that it is a text */
    }
    int32_t place = table_find_column(load->table->definition, ast->column.column);
    if (place < 0)
        return diagnostics_error(&session->diagnostics, ER_BAD_FIELD_ERROR,
                                 arena_text(&session->statement_arena, ast->column.column),
                                 "field list");
    const struct column_definition *column = &load->table->definition->columns[place];
    *out = (struct load_target){.name = column->name, .absent = absent_of(load, column)};
    return STATUS_OK;
}

/* The list, or all columns. */
static enum status find_targets(struct load *load) {
    const struct table_definition *definition = load->table->definition;
    const struct ast_exprs *list = &load->ast->targets;
    struct arena *arena = &load->session->statement_arena;
    load->targets =
        arena_array(arena, struct load_target, MAX(list->count, definition->column_count));
    for (uint32_t i = 0; i < list->count; i++) {
        enum status status =
            listed_target(load, list->items[i], &load->targets[load->target_count++]);
        if (status != STATUS_OK) return status;
    }
    for (uint32_t i = 0; i < definition->column_count && list->count == 0; i++) {
        const struct column_definition *column = &definition->columns[i];
        if ((int32_t)i == table_row_id_column(definition)) continue;
        load->targets[load->target_count++] =
            (struct load_target){.name = column->name, .absent = absent_of(load, column)};
    }
    return STATUS_OK;
}

/* ---- rows ---- */

static enum status ask_client(struct load *load) {
    struct session *session = load->session;
    load->is_asked = true;
    enum status status =
        session->charset_sink.client->infile_open(session->charset_sink.client, load->ast->path);
    if (status == STATUS_UNSUPPORTED) {
        load->is_asked = false;
        return diagnostics_error(&session->diagnostics, ER_CLIENT_LOCAL_FILES_DISABLED);
    }
    for (uint64_t i = 0; i < load->ast->ignore_lines && status == STATUS_OK; i++)
        status = load_reader_skip_line(&load->reader);
    return status;
}

static struct value value_of_field(struct load *load, const struct load_field *field) {
    struct slice text = field->text;
    if (field->is_null) return value_null();
    if (load->charset == CHARSET_BINARY) return value_of_string(text, COLLATION_BINARY);
    if (load->charset == CHARSET_LATIN1) {
        enum status status =
            charset_convert(CHARSET_LATIN1, CHARSET_UTF8MB4, text, &load->row_arena, &text);
        CHECK(status == STATUS_OK); /* utf8mb4 has them all */
    }
    return value_of_string(text, COLLATION_UTF8MB4_BIN);
}

/* One of the row's fields, or what stands for it. */
static enum status next_value(struct load *load, uint32_t place, struct value *out) {
    struct load_field field;
    const struct load_target *target = &load->targets[place];
    enum status status = load_reader_field(&load->reader, &load->row_arena, &field);
    if (status == STATUS_END) {
        field = target->absent;
        field.is_null |= target->is_variable;
        diagnostics_warn(&load->session->diagnostics, CONDITION_WARNING, ER_WARN_TOO_FEW_RECORDS,
                         (long)load->row_count);
        status = STATUS_OK;
    }
    if (status != STATUS_OK) return status;
    *out = value_of_field(load, &field);
    if (!target->is_variable) return STATUS_OK;
    return user_variable_set(load->session, target->name, out);
}

static enum status end_line(struct load *load) {
    struct load_field field;
    enum status status = load_reader_field(&load->reader, &load->row_arena, &field);
    if (status == STATUS_END) return STATUS_OK;
    bool is_nothing = status == STATUS_OK && field.text.size == 0 && load->reader.line_is_over;
    if (is_nothing) return STATUS_OK; /* the line ends with a field's terminator */
    diagnostics_warn(&load->session->diagnostics, CONDITION_WARNING, ER_WARN_TOO_MANY_RECORDS,
                     (long)load->row_count);
    while (status == STATUS_OK) status = load_reader_field(&load->reader, &load->row_arena, &field);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status load_next(const struct virtual_table *table, void *session,
                             struct value *values) {
    struct load *load = load_of(table);
    (void)session;
    enum status status = load->is_asked ? STATUS_OK : ask_client(load); /* (LD2) */
    if (load->row_arena.used_bytes > 0) arena_reset(&load->row_arena);
    if (status == STATUS_OK && load->chunk_left == 0) return STATUS_END;
    if (status == STATUS_OK) status = load_reader_line(&load->reader);
    load->is_over = status == STATUS_END;
    if (status != STATUS_OK) return status;
    load->row_count++;
    load->chunk_left--;
    for (uint32_t i = 0; i < load->target_count && status == STATUS_OK; i++)
        status = next_value(load, i, &values[i]);
    return status == STATUS_OK ? end_line(load) : status;
}

/* ---- the statement ---- */

static struct table_definition *definition_of(const struct load *load) {
    struct arena *arena = &load->session->statement_arena;
    struct table_definition *definition = arena_new(arena, struct table_definition);
    definition->database = LOAD_DATABASE;
    definition->name = SLICE_LITERAL("rows");
    struct column_definition *columns =
        arena_alloc_zeroed(arena, load->target_count * sizeof *columns);
    definition->columns = columns;
    definition->column_count = (uint16_t)load->target_count;
    for (uint32_t i = 0; i < load->target_count; i++) {
        struct column_definition *column = &columns[i];
        column->name = load->targets[i].is_variable
                           ? slice_of_text(arena_printf(arena, "#%u", (unsigned)i))
                           : load->targets[i].name;
        uint16_t collation = load->charset == CHARSET_BINARY ? (uint16_t)COLLATION_BINARY
                                                             : (uint16_t)COLLATION_UTF8MB4_BIN;
        column->type = coerce_text_type(UINT32_MAX / 4, collation);
    }
    return definition;
}

static void put_name(struct buffer *out, struct slice name) {
    buffer_append_byte(out, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') buffer_append_byte(out, '`');
        buffer_append_byte(out, name.data[i]);
    }
    buffer_append_byte(out, '`');
}

static bool is_set(const struct load *load, struct slice name) {
    const struct ast_assignments *set = &load->ast->set;
    for (uint32_t i = 0; i < set->count; i++)
        if (collation_equal(COLLATION_UTF8MB4_GENERAL_CI, set->items[i].target->column.column,
                            name))
            return true;
    return false;
}

/* What is written where: a list of columns and one of expressions. */
static void put_lists(const struct load *load, struct buffer *columns, struct buffer *values) {
    const struct ast_assignments *set = &load->ast->set;
    for (uint32_t i = 0; i < load->target_count; i++) {
        const struct load_target *target = &load->targets[i];
        if (target->is_variable || is_set(load, target->name)) continue;
        struct buffer *const lists[] = {columns, values};
        for (size_t n = 0; n < ARRAY_COUNT(lists); n++) {
            if (lists[n]->size > 0) buffer_append_byte(lists[n], ',');
            put_name(lists[n], target->name);
        }
    }
    for (uint32_t i = 0; i < set->count; i++) {
        const struct ast_assignment *item = &set->items[i];
        if (item->value->kind == AST_EXPR_DEFAULT) continue;
        if (columns->size > 0) buffer_append_byte(columns, ',');
        if (values->size > 0) buffer_append_byte(values, ',');
        put_name(columns, item->target->column.column);
        buffer_append_byte(values, '(');
        buffer_append(values, item->value->source);
        buffer_append_byte(values, ')');
    }
}

static struct slice text_of(const struct load *load) {
    struct arena *arena = &load->session->statement_arena;
    const struct table_definition *table = load->table->definition;
    struct buffer text = buffer_of(arena), columns = buffer_of(arena), values = buffer_of(arena);
    bool replaces = load->ast->duplicate == AST_LOAD_REPLACE;
    put_lists(load, &columns, &values);
    buffer_append(&text,
                  replaces ? SLICE_LITERAL("REPLACE INTO ") : SLICE_LITERAL("INSERT IGNORE INTO "));
    put_name(&text, table->database);
    buffer_append_byte(&text, '.');
    put_name(&text, table->name);
    buffer_append(&text, SLICE_LITERAL(" ("));
    buffer_append(&text, buffer_slice(&columns));
    buffer_append(&text, SLICE_LITERAL(") SELECT "));
    buffer_append(&text, buffer_slice(&values));
    buffer_append(&text, SLICE_LITERAL(" FROM `#load`.`rows`"));
    return buffer_slice(&text);
}

/* (LD2) */
static void finish_reading(struct load *load) {
    struct waiter *waiter = load->session->waiter;
    bool is_over = load->reader.is_at_end && load->reader.status == STATUS_OK;
    if (!load->is_asked || is_over) return;
    enum cancel_cause cause = waiter->cancel;
    bool may_go_on = cause == CANCEL_QUERY || cause == CANCEL_TIMEOUT;
    if (may_go_on) {
        waiter_clear_cancel(waiter);
        load->reader.is_at_end = 0;
    }
    if (load_reader_drain(&load->reader) != STATUS_OK) load->session->must_close = 1;
}

static void tell(struct load *load) {
    struct answer *answer = &load->session->answer;
    uint64_t rows = load->row_count, changed = load->affected_rows;
    bool replaces = load->ast->duplicate == AST_LOAD_REPLACE;
    uint64_t deleted = replaces && changed > rows ? changed - rows : 0;
    uint64_t skipped = !replaces && rows > changed ? rows - changed : 0;
    answer->affected_rows = changed;
    answer->info = slice_of_text(arena_printf(
        &load->session->statement_arena,
        "Records: %llu  Deleted: %llu  Skipped: %llu  Warnings: %u", (unsigned long long)rows,
        (unsigned long long)deleted, (unsigned long long)skipped,
        (unsigned)load->session->diagnostics.warning_count));
    if (load->first_id != 0) load->session->last_insert_id = load->first_id;
}

/* (LD3) */
static enum status run_chunk(struct load *load, const struct query *query) {
    struct session *session = load->session;
    struct arena arena = session->statement_arena;
    uint64_t id_before = session->last_insert_id;
    arena_open(&session->statement_arena, session->server->source,
               session->server->statement_bytes_max);
    load->chunk_left = CHUNK_ROWS;
    session->diagnostics.row_base = (uint32_t)load->row_count;
    enum status status = query_run(session, query);
    load->affected_rows += session->answer.affected_rows;
    if (load->first_id == 0 && session->last_insert_id != id_before)
        load->first_id = session->last_insert_id;
    session->answer.info = SLICE_EMPTY;
    arena_close(&session->statement_arena);
    session->statement_arena = arena;
    return status;
}

static enum status run_chunks(struct load *load) {
    struct session *session = load->session;
    const struct query query = {.text = text_of(load), .parse_mode = session->settings.parse_mode};
    uint32_t eval_mode = session->settings.eval_mode;
    enum status status = STATUS_OK;
    session->settings.eval_mode &= ~(uint32_t)EVAL_STRICT; /* (LD1) for REPLACE */
    session->load_table = &load->base;
    while (status == STATUS_OK && !load->is_over) status = run_chunk(load, &query);
    session->load_table = NULL;
    session->settings.eval_mode = eval_mode;
    finish_reading(load);
    return status;
}

static enum status run(struct load *load) {
    struct session *session = load->session;
    struct transaction_span span;
    enum status status = transaction_span_begin(session, &span);
    if (status == STATUS_OK) status = run_chunks(load);
    status = transaction_span_end(session, &span, status);
    if (status == STATUS_OK) tell(load);
    return status;
}

enum status load_run(struct session *session, const struct ast_statement *statement) {
    struct load load = {.session = session, .ast = statement->load};
    bool has_no_escape = (session->settings.sql_mode & SQL_MODE_NO_BACKSLASH_ESCAPES) != 0;
    enum status status = refuse(session, load.ast);
    if (status == STATUS_OK) status = catalog_table(session, &load.ast->table, &load.table);
    if (status == STATUS_OK) status = find_charset(&load);
    if (status == STATUS_OK) status = find_targets(&load);
    if (status != STATUS_OK) return status;
    load.base.definition = definition_of(&load);
    load.base.next = load_next;
    load_reader_open(&load.reader, session->charset_sink.client, session->server->source,
                     &load.ast->format, has_no_escape ? SLICE_EMPTY : SLICE_LITERAL("\\"));
    arena_open(&load.row_arena, session->server->source, 0);
    status = run(&load);
    arena_close(&load.row_arena);
    load_reader_close(&load.reader);
    return status;
}
