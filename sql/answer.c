/* answer.c: what does the client get to hear at a statement's end?
 *
 *   handler OK, no rows   -> OK packet      rows -> end of the result      failure -> error
 *
 * Errors that no diagnostics explain become what their status means. Session tracking goes with OK packets.
 */
#include "sql/session_private.h"

#include "row/collation.h"

void answer_begin(struct session *session) { session->answer = (struct answer){0}; }

void answer_track(struct session *session, uint8_t kind, struct slice name, struct slice value) {
    struct answer *answer = &session->answer;
    struct arena *arena = &session->statement_arena;
    if ((session->capabilities & CLIENT_SESSION_TRACK) == 0) return;
    if (answer->track_count == answer->track_capacity) {
        uint32_t capacity = MAX(4u, 2 * answer->track_capacity);
        struct session_track *tracks = arena_array(arena, struct session_track, capacity);
        if (answer->track_count > 0)
            memcpy(tracks, answer->tracks, answer->track_count * sizeof *tracks);
        answer->tracks = tracks;
        answer->track_capacity = capacity;
    }
    answer->tracks[answer->track_count++] =
        (struct session_track){kind, arena_copy(arena, name), arena_copy(arena, value)};
    if (kind < 2) track_state(session);
}

static uint16_t warning_count(const struct session *session) {
    return (uint16_t)MIN(session->diagnostics.warning_count, (uint32_t)UINT16_MAX);
}

static void send_error(struct session *session, enum status status) {
    struct diagnostics *diagnostics = &session->diagnostics;
    if (diagnostics->error.number == 0) {
        enum status told = diagnostics_status(diagnostics, status);
        CHECK(told == status);
    }
    const struct condition *error = &diagnostics->error;
    session->sink->error(session->sink, error->number, error->sqlstate, error->message);
}

void answer_send(struct session *session, enum status status) {
    struct answer *answer = &session->answer;
    uint16_t flags = session_status_flags(session);
    if (status != STATUS_OK) {
        send_error(session, status);
        session->row_count = -1;
        return;
    }
    if (answer->has_rows) session->transaction.has_sent_rows = session->transaction.is_explicit;
    track_transaction(session);
    if (answer->has_rows) {
        struct result_end end = {.status = (uint16_t)(flags | answer->end_flags),
                                 .warning_count = warning_count(session),
                                 .tracks = answer->tracks,
                                 .track_count = answer->track_count};
        session->row_count = -1;
        session->sink->end(session->sink, &end);
        return;
    }
    session->row_count = (int64_t)answer->affected_rows;
    struct result_ok ok = {.affected_rows = answer->affected_rows,
                           .last_insert_id = answer->last_insert_id,
                           .status = flags,
                           .warning_count = warning_count(session),
                           .info = answer->info,
                           .tracks = answer->tracks,
                           .track_count = answer->track_count};
    session->sink->ok(session->sink, &ok);
}

void answer_columns(struct session *session, const struct result_column *columns, uint32_t count) {
    session->answer.has_rows = 1;
    session->sink->columns(session->sink, columns, count);
}

enum status answer_row(struct session *session, const struct value *values, uint32_t count) {
    CHECK(session->answer.has_rows);
    enum status status = session->sink->row(session->sink, values, count);
    return status == STATUS_OK ? STATUS_OK : diagnostics_status(&session->diagnostics, status);
}

/* ---- recorder ---- */

static struct recorder *recorder_of(struct result_sink *sink) {
    return CONTAINER_OF(sink, struct recorder, sink);
}

/* Names of ENUM and SET members are borrowed from the table, which may change before the rows are read. */
static const struct slice *members_copy(struct arena *arena, const struct column_type *type) {
    if (type->member_count == 0) return NULL;
    struct slice *members = arena_array(arena, struct slice, type->member_count);
    for (uint32_t i = 0; i < type->member_count; i++)
        members[i] = arena_copy(arena, type->members[i]);
    return members;
}

static void recorder_columns(struct result_sink *sink, const struct result_column *columns,
                             uint32_t count) {
    struct recorder *recorder = recorder_of(sink);
    struct result_column *copies = arena_array(recorder->arena, struct result_column, count);
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = columns[i];
        copies[i].schema = arena_copy(recorder->arena, columns[i].schema);
        copies[i].table = arena_copy(recorder->arena, columns[i].table);
        copies[i].original_table = arena_copy(recorder->arena, columns[i].original_table);
        copies[i].name = arena_copy(recorder->arena, columns[i].name);
        copies[i].original_name = arena_copy(recorder->arena, columns[i].original_name);
        copies[i].type.members = members_copy(recorder->arena, &columns[i].type);
    }
    recorder->columns = copies;
    recorder->column_count = count;
}

static enum status recorder_row(struct result_sink *sink, const struct value *values,
                                uint32_t count) {
    struct recorder *recorder = recorder_of(sink);
    if (recorder->row_count == recorder->row_max) {
        recorder->is_over = 1;
        return STATUS_OK;
    }
    if (recorder->row_count == recorder->row_capacity) {
        uint64_t capacity = MAX((uint64_t)16, 2 * recorder->row_capacity);
        struct value **rows = arena_array(recorder->arena, struct value *, capacity);
        if (recorder->row_count > 0)
            memcpy(rows, recorder->rows, recorder->row_count * sizeof(struct value *));
        recorder->rows = rows;
        recorder->row_capacity = capacity;
    }
    struct value *row = arena_array(recorder->arena, struct value, count);
    for (uint32_t i = 0; i < count; i++) row[i] = value_copy(&values[i], recorder->arena);
    recorder->rows[recorder->row_count++] = row;
    return STATUS_OK;
}

static void recorder_end(struct result_sink *sink, const struct result_end *end) {
    (void)sink;
    (void)end;
}

static void recorder_ok(struct result_sink *sink, const struct result_ok *ok) {
    (void)sink;
    (void)ok;
}

/* Errors stay in the session's diagnostics. */
static void recorder_error(struct result_sink *sink, uint16_t number, const char *sqlstate,
                           struct slice message) {
    (void)sink;
    (void)number;
    (void)sqlstate;
    (void)message;
}

static enum status recorder_infile_open(struct result_sink *sink, struct slice file_name) {
    (void)sink;
    (void)file_name;
    return STATUS_UNSUPPORTED;
}

static enum status recorder_infile_read(struct result_sink *sink, struct slice *piece_out) {
    (void)sink;
    *piece_out = SLICE_EMPTY;
    return STATUS_UNSUPPORTED;
}

void recorder_open(struct recorder *recorder, struct arena *arena, uint64_t row_max) {
    *recorder = (struct recorder){
        .sink = {.columns = recorder_columns,
                 .row = recorder_row,
                 .end = recorder_end,
                 .ok = recorder_ok,
                 .error = recorder_error,
                 .infile_open = recorder_infile_open,
                 .infile_read = recorder_infile_read},
        .arena = arena,
        .row_max = row_max,
    };
}
