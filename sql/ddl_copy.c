/* ddl_copy.c: the rows of an ALTER by copy (See NOTES: ALTER by copy).
 *
 * The new table exists under a hidden name, the old one takes no writes. What is to be done is a statement, so conversions, defaults,
 * counters and their errors are those of INSERT:
 *
 *   INSERT INTO db.`#copy-7` (kept columns) SELECT kept columns FROM db.t ORDER BY primary key
 *
 * run in pieces (dml_copy.c). Columns that are new get their defaults. The AUTO_INCREMENT counter goes on where the old one is.
 */
#include "sql/ddl.h"
#include "sql/dml_copy.h"

static void append_quoted(struct buffer *text, struct slice name) {
    buffer_append_byte(text, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') buffer_append_byte(text, '`');
        buffer_append_byte(text, name.data[i]);
    }
    buffer_append_byte(text, '`');
}

static void append_table(struct buffer *text, const struct table_definition *table) {
    append_quoted(text, table->database);
    buffer_append_byte(text, '.');
    append_quoted(text, table->name);
}

/* The kept columns, by their new names or by their old ones. */
enum copy_side { COPY_TO, COPY_FROM };

static uint32_t append_columns(struct buffer *text, const struct ddl_alter *alter,
                               enum copy_side side) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < alter->table.column_count; i++) {
        int32_t source = alter->sources[i];
        if (source < 0) continue;
        if (count++ > 0) buffer_append(text, SLICE_LITERAL(", "));
        append_quoted(text, side == COPY_TO ? alter->table.columns[i].name
                                            : alter->old->columns[source].name);
    }
    return count;
}

/* Rows come in the order in which they are numbered, if they are. */
static void append_order(struct buffer *text, const struct table_definition *old) {
    if (table_row_id_column(old) >= 0) return;
    const struct index_definition *primary = table_primary(old);
    buffer_append(text, SLICE_LITERAL(" ORDER BY "));
    for (uint32_t i = 0; i < primary->part_count; i++) {
        if (i > 0) buffer_append(text, SLICE_LITERAL(", "));
        append_quoted(text, old->columns[primary->parts[i].column].name);
    }
}

static bool copy_text(const struct ddl_alter *alter, const struct table *copy,
                      struct buffer *text) {
    buffer_append(text, SLICE_LITERAL("INSERT INTO "));
    append_table(text, copy->definition);
    buffer_append(text, SLICE_LITERAL(" ("));
    uint32_t count = append_columns(text, alter, COPY_TO);
    buffer_append(text, SLICE_LITERAL(") SELECT "));
    (void)append_columns(text, alter, COPY_FROM);
    buffer_append(text, SLICE_LITERAL(" FROM "));
    append_table(text, alter->old);
    append_order(text, alter->old);
    return count > 0;
}

/* Both tables have a counter: the new one goes on where the old one is. */
static enum status carry_counter(struct session *session, const struct table *old,
                                 const struct table *copy) {
    struct cluster *cluster = session_cluster(session);
    bool has_both = table_auto_increment_column(old->definition) >= 0 &&
                    table_auto_increment_column(copy->definition) >= 0;
    uint64_t next;
    if (!has_both) return STATUS_OK;
    struct sequence_draw draw = {.table = old, .kind = SEQUENCE_AUTO_INCREMENT, .count = 1};
    enum status status = cluster_sequence_next(cluster, session->waiter, &draw, &next);
    if (status == STATUS_OK && next > 1)
        status = cluster_sequence_raise(cluster, session->waiter, copy, next - 1);
    return status == STATUS_OK ? STATUS_OK : diagnostics_status(&session->diagnostics, status);
}

/* The statement, with what the client sees of statements put aside. */
static enum status copy_run(struct session *session, struct slice text, struct exec_copy *copy) {
    struct answer answer = session->answer;
    uint64_t last_insert_id = session->last_insert_id, insert_id_next = session->insert_id_next;
    const struct query query = {.text = text};
    session->copy = copy;
    session->nesting++;
    session->insert_id_next = 0;
    enum status status = query_run(session, &query);
    if (status == STATUS_OK)
        status = transaction_commit_implicitly(session); /* it has only read */
    else
        transaction_roll_back(session);
    session->nesting--;
    session->copy = NULL;
    session->answer = answer;
    session->last_insert_id = last_insert_id;
    session->insert_id_next = insert_id_next;
    return status;
}

/* NULL in a column that must not be NULL any more: ALTER has a number of its own for it. */
static enum status tell_null(struct session *session, enum status status) {
    struct diagnostics *diagnostics = &session->diagnostics;
    if (diagnostics->error.number != ER_BAD_NULL_ERROR) return status;
    diagnostics_open(diagnostics, &session->diagnostics_arenas[session->diagnostics_place],
                     session->settings.conditions_max);
    return diagnostics_error(diagnostics, ER_INVALID_USE_OF_NULL);
}

enum status ddl_copy_rows(const struct ddl_alter *alter, uint64_t copy_id,
                          uint64_t *row_count_out) {
    struct session *session = alter->table.session;
    struct buffer text = buffer_of(alter->table.arena);
    const struct table *copy = schema_table_by_id(session->schema, copy_id);
    *row_count_out = 0;
    if (copy == NULL) return diagnostics_status(&session->diagnostics, STATUS_ABORTED);
    const struct table *old = schema_table(session->schema, alter->old->database, alter->old->name);
    if (old == NULL) return diagnostics_status(&session->diagnostics, STATUS_ABORTED);
    if (!copy_text(alter, copy, &text))
        return diagnostics_unsupported(&session->diagnostics, "ALTER TABLE that keeps no column");
    struct exec_copy pieces = {.lock_wait_ms = session->settings.lock_wait_ms,
                               .floor = session->transaction.floor,
                               .keeps_zero = table_auto_increment_column(alter->old) >= 0,
                               .shown_table = alter->table.definition.name};
    enum status status = copy_run(session, buffer_slice(&text), &pieces);
    session->transaction.floor = MAX(session->transaction.floor, pieces.floor);
    if (status != STATUS_OK) return tell_null(session, status);
    *row_count_out = pieces.row_count;
    return carry_counter(session, old, copy);
}
