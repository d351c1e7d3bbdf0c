/* info_server.c: what is the same for all databases as rows: character sets, engines, keywords, connections.
 */
#include "row/collation.h"
#include "sql/info_schema.h"
#include "sql/keyword.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

enum status info_character_sets(struct info_row *row) {
    enum status status = STATUS_OK;
    for (uint8_t i = 0; i < CHARSET_COUNT && status == STATUS_OK; i++) {
        const struct charset *charset = charset_find(i);
        info_literal(row, charset->name);
        info_literal(row, collation_find(charset->collation_default)->name);
        info_literal(row, charset->description);
        info_uint(row, charset->bytes_per_char_max);
        status = info_emit(row);
    }
    return status;
}

enum status info_collations(struct info_row *row) {
    const struct collation *collation;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && (collation = collation_at(i)) != NULL; i++) {
        info_literal(row, collation->name);
        info_literal(row, collation_charset(collation->id)->name);
        info_uint(row, collation->id);
        info_literal(row, collation->is_default ? "Yes" : "");
        info_literal(row, "Yes");
        info_uint(row, collation->order == COLLATION_ORDER_DUCET && collation->pad_space ? 8
                       : collation->order == COLLATION_ORDER_DUCET                       ? 0
                                                                                         : 1);
        info_literal(row, collation->pad_space ? "PAD SPACE" : "NO PAD");
        status = info_emit(row);
    }
    return status;
}

enum status info_collation_applicability(struct info_row *row) {
    const struct collation *collation;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && (collation = collation_at(i)) != NULL; i++) {
        info_literal(row, collation->name);
        info_literal(row, collation_charset(collation->id)->name);
        status = info_emit(row);
    }
    return status;
}

/* ORMs ask for InnoDB: what is stored here has its properties. */
enum status info_engines(struct info_row *row) {
    info_literal(row, "InnoDB");
    info_literal(row, "DEFAULT");
    info_literal(row, "Tessera: sharded, replicated rows in memory, with transactions");
    info_literal(row, "YES");
    info_literal(row, "NO");
    info_literal(row, "YES");
    return info_emit(row);
}

enum status info_keywords(struct info_row *row) {
    size_t count;
    const struct keyword *keywords = keyword_list(&count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (keywords[i].class == KEYWORD_FUNCTION) continue;
        info_text(row, slice_of(keywords[i].text, keywords[i].size));
        info_int(row, keywords[i].class == KEYWORD_RESERVED);
        status = info_emit(row);
    }
    return status;
}

/* ---- connections ---- */

static const char *command_name(const struct session *session) {
    switch (session->command) {
    case SESSION_SLEEPS: return "Sleep";
    case SESSION_QUERY: return "Query";
    case SESSION_PREPARE: return "Prepare";
    case SESSION_EXECUTE: return "Execute";
    }
    UNREACHABLE();
}

static void put_connection(struct info_row *row, const struct session *session) {
    uint64_t seconds = (row->session->server->wall_us - session->since_wall_us) / 1000000;
    struct slice database = session_database(session);
    info_uint(row, session->id);
    info_copy(row, session->user);
    info_copy(row, session->host);
    if (database.size == 0)
        info_null(row);
    else
        info_copy(row, database);
    info_literal(row, command_name(session));
    info_int(row, (int64_t)seconds);
    info_literal(row, session->command == SESSION_SLEEPS ? "" : "executing");
    if (session->text.size == 0)
        info_null(row);
    else
        info_copy(row, session->text);
}

/* The list is copied first: giving a row may wait, and sessions end meanwhile. */
enum status info_processlist(struct info_row *row) {
    struct session *self = row->session;
    bool sees_all = (privilege_global(self) & PRIVILEGE(PROCESS)) != 0;
    uint32_t count = 0, at = 0;
    LIST_EACH(link, &self->server->sessions) count++;
    struct value *values = arena_array(row->arena, struct value, (size_t)count * row->count);
    LIST_EACH(link, &self->server->sessions) {
        struct session *session = CONTAINER_OF(link, struct session, link);
        bool is_own = slice_equal(session->account_user, self->account_user) &&
                      slice_equal(session->account_host, self->account_host);
        if (!sees_all && !is_own) continue;
        put_connection(row, session);
        memcpy(values + (size_t)at++ * row->count, row->values, row->count * sizeof *values);
        row->at = 0;
    }
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < at && status == STATUS_OK; i++)
        status = row->emit(row->to, values + (size_t)i * row->count);
    return status;
}
