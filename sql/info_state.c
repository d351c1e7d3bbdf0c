/* info_state.c: variables and counters as rows, and tables that are always empty here.
 */
#include "row/collation.h"
#include "sql/info_schema.h"
#include "sql/session_private.h"

enum status info_nothing(struct info_row *row) {
    CHECK(row->at == 0);
    return STATUS_OK;
}

static enum status rows_of_variables(struct info_row *row, enum ast_scope scope) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < VARIABLE_COUNT && status == STATUS_OK; i++) {
        enum variable variable = (enum variable)i;
        bool is_there =
            scope != AST_SCOPE_GLOBAL || (variable_info(variable)->scope & VARIABLE_GLOBAL) != 0;
        if (!is_there) continue;
        struct value value = settings_read(row->session, scope, variable);
        info_literal(row, variable_info(variable)->name);
        info_copy(row, variable_text(variable, &value, row->arena));
        status = info_emit(row);
    }
    return status;
}

enum status info_session_variables(struct info_row *row) {
    return rows_of_variables(row, AST_SCOPE_NONE);
}

enum status info_global_variables(struct info_row *row) {
    return rows_of_variables(row, AST_SCOPE_GLOBAL);
}

/* ---- counters ---- */

struct counter {
    const char *name;
    uint64_t number;
};

static enum status emit_counter(struct info_row *row, struct slice name, uint64_t number) {
    info_copy(row, name);
    info_copy(row, slice_of_text(arena_printf(row->arena, "%llu", (unsigned long long)number)));
    return info_emit(row);
}

static enum status rows_of_counters(struct info_row *row) {
    const struct sql_server *server = row->session->server;
    const struct sql_counters *counters = &server->counters;
    uint64_t up_s = (server->wall_us - MIN(server->wall_us, counters->started_wall_us)) / 1000000;
    const struct counter list[] = {
        {"Aborted_clients", counters->aborted_clients},
        {"Aborted_connects", counters->aborted_connects},
        {"Bytes_received", counters->bytes_received},
        {"Bytes_sent", counters->bytes_sent},
        {"Connections", counters->connections},
        {"Max_used_connections", counters->max_used_connections},
        {"Open_tables", counters->opens},
        {"Prepared_stmt_count", server->prepared_count},
        {"Queries", counters->questions},
        {"Questions", counters->questions},
        {"Slow_queries", counters->slow_queries},
        {"Tessera_plan_cache_bytes", server->plans.bytes},
        {"Tessera_plan_cache_hits", server->plans.hits},
        {"Tessera_plan_cache_misses", server->plans.misses},
        {"Threads_cached", 0},
        {"Threads_connected", counters->threads_connected},
        {"Threads_created", counters->connections},
        {"Threads_running", counters->threads_running},
        {"Uptime", up_s},
        {"Uptime_since_flush_status", up_s},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_COUNT(list) && status == STATUS_OK; i++)
        status = emit_counter(row, slice_of_text(list[i].name), list[i].number);
    return status;
}

/* Com_select, Com_create_table ... from the kinds' names. */
static enum status rows_of_kinds(struct info_row *row) {
    enum status status = STATUS_OK;
    for (uint32_t kind = AST_SELECT; kind < AST_UNSUPPORTED && status == STATUS_OK; kind++) {
        struct buffer name = buffer_of(row->arena);
        buffer_append(&name, SLICE_LITERAL("Com_"));
        for (const char *at = ast_kind_name((enum ast_kind)kind); *at != 0; at++) {
            bool is_upper = *at >= 'A' && *at <= 'Z';
            buffer_append_byte(&name, *at == ' ' ? '_' : (uint8_t)(is_upper ? *at + 32 : *at));
        }
        status = emit_counter(row, buffer_slice(&name), row->session->server->counts[kind]);
    }
    return status;
}

static enum status rows_of_tls(struct info_row *row) {
    const struct session *session = row->session;
    info_literal(row, "Ssl_cipher");
    info_literal(row, session->tls_cipher != NULL ? session->tls_cipher : "");
    enum status status = info_emit(row);
    if (status != STATUS_OK) return status;
    info_literal(row, "Ssl_version");
    info_literal(row, session->tls_version != NULL ? session->tls_version : "");
    return info_emit(row);
}

enum status info_status(struct info_row *row) {
    enum status status = rows_of_kinds(row);
    if (status == STATUS_OK) status = rows_of_counters(row);
    return status == STATUS_OK ? rows_of_tls(row) : status;
}

/* ---- plugins ---- */

enum status info_plugins(struct info_row *row) {
    static const struct {
        const char *name, *type;
    } list[] = {{"mysql_native_password", "AUTHENTICATION"},
                {"caching_sha2_password", "AUTHENTICATION"},
                {"InnoDB", "STORAGE ENGINE"}};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_COUNT(list) && status == STATUS_OK; i++) {
        info_literal(row, list[i].name);
        info_literal(row, "1.0");
        info_literal(row, "ACTIVE");
        info_literal(row, list[i].type);
        info_literal(row, "80403.0");
        info_nulls(row, 2);
        info_literal(row, "Tessera");
        info_literal(row, "");
        info_literal(row, "GPL");
        info_literal(row, "FORCE");
        status = info_emit(row);
    }
    return status;
}
