/* server.c: what the sessions of one SQL daemon thread share, and how accounts come to be.
 *
 * A pool without a database `mysql` is new: the first daemon makes it, with root@localhost, who has no password. Two daemons
 * that do so at once find what the other made.
 */
#include "base/text.h"
#include "sql/account.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

#define STATEMENT_BYTES_DEFAULT (256 * MIB)

/* What server/ knows: port, socket, datadir; and what the build knows. */
static void globals_load(struct sql_server *server, const struct sql_server_options *options) {
    struct diagnostics diagnostics;
    diagnostics_open(&diagnostics, &server->arena, 0);
    for (uint32_t i = 0; i < options->variable_count; i++) {
        enum variable variable = variable_find(options->variable_names[i]);
        uint64_t number;
        if (variable == VARIABLE_COUNT) continue;
        struct value given = value_of_string(options->variable_values[i], 255), value;
        if (variable_info(variable)->type == VARIABLE_INT) {
            if (text_parse_u64(options->variable_values[i], &number) != STATUS_OK) continue;
            given = value_of_uint(number);
        }
        if (variable_accept(variable, &given, &server->arena, &diagnostics, &value) == STATUS_OK)
            variable_store_put(&server->globals, variable, &value);
    }
    if (options->version_comment.size > 0) {
        struct value comment = value_of_string(options->version_comment, 255);
        variable_store_put(&server->globals, VARIABLE_version_comment, &comment);
    }
    struct value id = value_of_uint(options->node);
    variable_store_put(&server->globals, VARIABLE_server_id, &id);
}

struct sql_server *sql_server_open(const struct sql_server_options *options) {
    struct arena arena;
    arena_open(&arena, options->source, 0);
    struct sql_server *server = arena_new(&arena, struct sql_server);
    server->arena = arena;
    server->options = *options;
    server->source = options->source;
    server->statement_bytes_max =
        options->statement_bytes_max != 0 ? options->statement_bytes_max : STATEMENT_BYTES_DEFAULT;
    random_open(&server->random, options->seed);
    list_open(&server->sessions);
    map_open(&server->sessions_by_id, options->source);
    variable_store_open(&server->globals, &server->arena);
    arena_open(&server->table_locks.arena, options->source, 0);
    plan_cache_open(&server->plans, options->source, random_u64(&server->random));
    server->accounts = account_list_open(&server->arena, options->source);
    server->info = info_schema_open(&server->arena);
    globals_load(server, options);
    server->options.variable_names = server->options.variable_values = NULL;
    return server;
}

void sql_server_close(struct sql_server *server) {
    CHECK(list_is_empty(&server->sessions));
    plan_cache_close(&server->plans);
    arena_close(&server->table_locks.arena);
    account_list_close(server->accounts);
    map_close(&server->sessions_by_id);
    struct arena arena = server->arena; /* the server is in it */
    arena_close(&arena);
}

void sql_server_set_clock(struct sql_server *server, uint64_t wall_us) {
    server->wall_us = wall_us;
}

struct sql_counters *sql_server_counters(struct sql_server *server) {
    return &server->counters;
}

/* ---- accounts ---- */

static enum status put(struct sql_server *server, struct waiter *waiter,
                       const struct ddl_change *change) {
    enum status status = cluster_ddl(server->options.cluster, waiter, change);
    return status == STATUS_DUPLICATE ? STATUS_OK : status;
}

static enum status bootstrap_root(struct sql_server *server, struct waiter *waiter) {
    struct arena arena;
    arena_open(&arena, server->source, 0);
    const struct account root = {.user = SLICE_LITERAL("root"),
                                 .host = SLICE_LITERAL("localhost"),
                                 .plugin = SLICE_LITERAL("caching_sha2_password"),
                                 .global = PRIVILEGES_ALL};
    struct buffer bytes = buffer_of(&arena);
    account_encode(&root, &bytes);
    const struct ddl_change change = {.kind = DDL_PUT_OBJECT,
                                      .database = SYSTEM_DATABASE,
                                      .name = account_object_name(root.user, root.host, &arena),
                                      .object = buffer_slice(&bytes)};
    enum status status = put(server, waiter, &change);
    arena_close(&arena);
    return status;
}

static void accounts_renew(struct sql_server *server) {
    struct schema *schema = schema_hold(server->options.cluster);
    account_list_renew(server->accounts, schema);
    schema_release(server->options.cluster, schema);
}

enum status sql_server_bootstrap(struct sql_server *server, struct waiter *waiter) {
    const struct ddl_change create = {.kind = DDL_CREATE_DATABASE, .database = SYSTEM_DATABASE};
    enum status status = STATUS_OK;
    struct schema *schema = schema_hold(server->options.cluster);
    bool is_there = schema_has_database(schema, SYSTEM_DATABASE);
    schema_release(server->options.cluster, schema);
    if (!is_there) status = put(server, waiter, &create);
    if (status != STATUS_OK) return status;
    accounts_renew(server);
    if (account_list_at(server->accounts, 0) == NULL) status = bootstrap_root(server, waiter);
    if (status == STATUS_OK) accounts_renew(server);
    return status;
}

enum status sql_account_find(struct sql_server *server, struct waiter *waiter, struct slice user,
                             struct slice host, struct sql_account *account_out) {
    (void)waiter; /* the list is in memory */
    *account_out = (struct sql_account){0};
    accounts_renew(server);
    const struct account *account = account_list_match(server->accounts, user, host);
    if (account == NULL) return STATUS_NOT_FOUND;
    *account_out = (struct sql_account){.user = account->user,
                                        .host_pattern = account->host,
                                        .plugin = account->plugin,
                                        .stored = account->stored,
                                        .is_locked = account->is_locked,
                                        .needs_tls = account->tls != ACCOUNT_TLS_NONE,
                                        .password_expired = account->is_expired};
    return STATUS_OK;
}

bool sql_server_is_open_to_all(const struct sql_server *server) {
    return !account_list_has_password(server->accounts);
}
