/* settings.c: what do the system variables mean to a session's statements, and what happens when one changes?
 *
 *   list's default <- server's store (SET GLOBAL) <- session's store (SET)
 *
 *   (V1) A session has the server's values as they were when it began: SET GLOBAL first writes the old value into the store
 *        of every session that has none of its own.
 *   (V2) `settings` is computed from the stores after each change; statements read nothing else.
 *   (V3) Literals are utf8mb4, utf8mb3 or binary: a text in another character set of the client's is converted when it
 *        comes (session.c), so a connection collation of latin1 or ascii counts as utf8mb4's default.
 */
#include "row/collation.h"
#include "row/temporal.h"
#include "sql/session_private.h"

static struct value text_of(const char *text) {
    return value_of_string(slice_of_text(text), COLLATION_DEFAULT);
}

struct value settings_global(const struct sql_server *server, enum variable variable) {
    const struct value *value = variable_store_find(&server->globals, variable);
    return value != NULL ? *value : variable_default(variable);
}

struct sql_limits sql_server_limits(const struct sql_server *server) {
    return (struct sql_limits){
        .connections_max = settings_global(server, VARIABLE_max_connections).u,
        .connect_timeout_s = settings_global(server, VARIABLE_connect_timeout).u,
    };
}

static struct value setting(const struct session *session, enum variable variable) {
    const struct value *value = variable_store_find(&session->variables, variable);
    return value != NULL ? *value : settings_global(session->server, variable);
}

struct value settings_read(struct session *session, enum ast_scope scope, enum variable variable) {
    const struct variable_info *info = variable_info(variable);
    bool is_global = scope == AST_SCOPE_GLOBAL || (info->scope & VARIABLE_SESSION) == 0;
    if (is_global) return settings_global(session->server, variable);
    switch ((int)variable) {
    case VARIABLE_identity:
    case VARIABLE_last_insert_id: return value_of_uint(session->last_insert_id);
    case VARIABLE_insert_id: return value_of_uint(session->insert_id_next);
    case VARIABLE_warning_count: return value_of_uint(session->previous.warning_count);
    case VARIABLE_error_count: return value_of_uint(session->previous.error_count);
    case VARIABLE_pseudo_thread_id: return value_of_uint(session->id);
    case VARIABLE_timestamp: {
        struct value value = value_of_double((double)session->now_us / 1e6);
        value.scale = 6;
        return value;
    }
    }
    return setting(session, variable);
}

/* ---- effects (V2) ---- */

static uint64_t number_of(const struct session *session, enum variable variable) {
    struct value value = setting(session, variable);
    return value.u;
}

static int32_t word_of(const struct session *session, enum variable variable) {
    struct value value = setting(session, variable);
    return variable_word_find(variable_info(variable)->words, value_slice(&value));
}

static void load_modes(struct session *session) {
    struct settings *settings = &session->settings;
    struct value text = setting(session, VARIABLE_sql_mode);
    uint64_t mode = variable_set_bits(variable_info(VARIABLE_sql_mode)->words, value_slice(&text));
    static const struct {
        uint64_t mode;
        uint32_t parse;
    } parse_modes[] = {{SQL_MODE_ANSI_QUOTES, PARSE_ANSI_QUOTES},
                       {SQL_MODE_PIPES_AS_CONCAT, PARSE_PIPES_AS_CONCAT},
                       {SQL_MODE_NO_BACKSLASH_ESCAPES, PARSE_NO_BACKSLASH_ESCAPES},
                       {SQL_MODE_IGNORE_SPACE, PARSE_IGNORE_SPACE},
                       {SQL_MODE_HIGH_NOT_PRECEDENCE, PARSE_HIGH_NOT_PRECEDENCE}};
    settings->sql_mode = mode;
    settings->parse_mode = 0;
    for (size_t i = 0; i < ARRAY_COUNT(parse_modes); i++)
        if (mode & parse_modes[i].mode) settings->parse_mode |= parse_modes[i].parse;
    bool is_strict = (mode & (SQL_MODE_STRICT_TRANS_TABLES | SQL_MODE_STRICT_ALL_TABLES)) != 0;
    settings->eval_mode =
        (is_strict ? EVAL_STRICT : 0u) |
        (mode & SQL_MODE_ERROR_FOR_DIVISION_BY_ZERO ? EVAL_ERROR_FOR_DIVISION_BY_ZERO : 0u) |
        (mode & SQL_MODE_HIGH_NOT_PRECEDENCE ? EVAL_HIGH_NOT_PRECEDENCE : 0u);
    settings->temporal_flags = (mode & SQL_MODE_NO_ZERO_IN_DATE ? TEMPORAL_NO_ZERO_IN_DATE : 0u) |
                               (mode & SQL_MODE_NO_ZERO_DATE ? TEMPORAL_NO_ZERO_DATE : 0u) |
                               (mode & SQL_MODE_ALLOW_INVALID_DATES ? TEMPORAL_ALLOW_INVALID : 0u);
}

static void load_charsets(struct session *session) {
    struct settings *settings = &session->settings;
    struct value name = setting(session, VARIABLE_collation_connection);
    const struct collation *collation = collation_find_name(value_slice(&name));
    CHECK(collation != NULL);
    bool is_kept = collation->charset == CHARSET_UTF8MB4 || collation->charset == CHARSET_UTF8MB3 ||
                   collation->charset == CHARSET_BINARY;
    settings->connection_collation = is_kept ? collation->id : COLLATION_DEFAULT; /* (V3) */
    struct value client = setting(session, VARIABLE_character_set_client);
    const struct charset *charset = charset_find_name(value_slice(&client));
    CHECK(charset != NULL);
    settings->client_charset = charset->id;
    struct value results = setting(session, VARIABLE_character_set_results);
    charset = value_is_null(&results) ? NULL : charset_find_name(value_slice(&results));
    settings->results_charset = charset == NULL ? CHARSET_BINARY : charset->id;
}

static void load_transaction(struct session *session) {
    struct settings *settings = &session->settings;
    settings->is_autocommit = number_of(session, VARIABLE_autocommit) != 0;
    settings->isolation = (uint8_t)word_of(session, VARIABLE_transaction_isolation);
    settings->is_read_only = number_of(session, VARIABLE_transaction_read_only) != 0;
    settings->completion = (uint8_t)word_of(session, VARIABLE_completion_type);
    uint64_t wait_s = number_of(session, VARIABLE_innodb_lock_wait_timeout);
    settings->lock_wait_ms = (uint32_t)MIN(wait_s * 1000, (uint64_t)UINT32_MAX);
}

void settings_load(struct session *session) {
    struct settings *settings = &session->settings;
    load_modes(session);
    load_charsets(session);
    load_transaction(session);
    settings->keep_bytes = number_of(session, VARIABLE_tmp_table_size);
    settings->safe_updates = number_of(session, VARIABLE_sql_safe_updates) != 0;
    settings->notes = number_of(session, VARIABLE_sql_notes) != 0;
    settings->quote_names = number_of(session, VARIABLE_sql_quote_show_create) != 0;
    settings->require_primary_key = number_of(session, VARIABLE_sql_require_primary_key) != 0;
    settings->week_format = (uint8_t)number_of(session, VARIABLE_default_week_format);
    settings->cte_rounds_max = number_of(session, VARIABLE_cte_max_recursion_depth);
    uint8_t cipher = (uint8_t)word_of(session, VARIABLE_block_encryption_mode);
    settings->cipher_mode = cipher / 3; /* three sizes of key for each mode */
    settings->cipher_key_bytes = (uint8_t)(16 + 8 * (cipher % 3));
    settings->tracks_transaction =
        (uint8_t)word_of(session, VARIABLE_session_track_transaction_info);
    settings->division_scale = (uint8_t)number_of(session, VARIABLE_div_precision_increment);
    settings->tracks_schema = number_of(session, VARIABLE_session_track_schema) != 0;
    settings->tracks_state = number_of(session, VARIABLE_session_track_state_change) != 0;
    settings->max_execution_ms = (uint32_t)number_of(session, VARIABLE_max_execution_time);
    settings->wait_timeout_s = (uint32_t)number_of(session, VARIABLE_wait_timeout);
    settings->table_lock_wait_s = (uint32_t)number_of(session, VARIABLE_lock_wait_timeout);
    settings->interactive_timeout_s = (uint32_t)number_of(session, VARIABLE_interactive_timeout);
    settings->conditions_max = (uint32_t)number_of(session, VARIABLE_max_error_count);
    settings->select_limit = number_of(session, VARIABLE_sql_select_limit);
    settings->auto_increment_increment = number_of(session, VARIABLE_auto_increment_increment);
    settings->auto_increment_offset = number_of(session, VARIABLE_auto_increment_offset);
    settings->group_concat_bytes_max = number_of(session, VARIABLE_group_concat_max_len);
    settings->packet_bytes_max = number_of(session, VARIABLE_max_allowed_packet);
}

/* ---- character sets ---- */

static enum status unknown_charset(struct session *session, struct slice name) {
    return diagnostics_error(&session->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                             arena_text(&session->statement_arena, name));
}

static void put_text(struct session *session, enum variable variable, const char *text) {
    struct value value = text_of(text);
    variable_store_put(&session->variables, variable, &value);
}

static void put_three(struct session *session, const struct charset *charset) {
    put_text(session, VARIABLE_character_set_client, charset->name);
    put_text(session, VARIABLE_character_set_results, charset->name);
    put_text(session, VARIABLE_character_set_connection, charset->name);
    put_text(session, VARIABLE_collation_connection,
             collation_find(charset->collation_default)->name);
}

enum status settings_put_names(struct session *session, struct slice name, struct slice collation) {
    const struct charset *charset =
        name.size == 0 ? charset_find(CHARSET_UTF8MB4) : charset_find_name(name);
    if (charset == NULL) return unknown_charset(session, name);
    const struct collation *found = NULL;
    if (collation.size > 0) {
        found = collation_find_name(collation);
        char *text = arena_text(&session->statement_arena, collation);
        if (found == NULL)
            return diagnostics_error(&session->diagnostics, ER_UNKNOWN_COLLATION, text);
        if (found->charset != charset->id)
            return diagnostics_error(&session->diagnostics, ER_COLLATION_CHARSET_MISMATCH, text,
                                     charset->name);
    }
    put_three(session, charset);
    if (found != NULL) put_text(session, VARIABLE_collation_connection, found->name);
    settings_load(session);
    answer_track(session, 0, SLICE_LITERAL("character_set_client"), slice_of_text(charset->name));
    answer_track(session, 0, SLICE_LITERAL("character_set_connection"),
                 slice_of_text(charset->name));
    answer_track(session, 0, SLICE_LITERAL("character_set_results"), slice_of_text(charset->name));
    return STATUS_OK;
}

/* SET CHARACTER SET x: the connection's is that of the database. */
enum status settings_put_charset(struct session *session, struct slice name) {
    const struct charset *charset =
        name.size == 0 ? charset_find(CHARSET_UTF8MB4) : charset_find_name(name);
    if (charset == NULL) return unknown_charset(session, name);
    put_three(session, charset);
    struct value database = setting(session, VARIABLE_collation_database);
    const struct collation *collation = collation_find_name(value_slice(&database));
    put_text(session, VARIABLE_collation_connection, collation->name);
    put_text(session, VARIABLE_character_set_connection, collation_charset(collation->id)->name);
    settings_load(session);
    return STATUS_OK;
}

static bool is_charset_variable(enum variable variable) {
    return variable == VARIABLE_character_set_client ||
           variable == VARIABLE_character_set_connection ||
           variable == VARIABLE_character_set_results ||
           variable == VARIABLE_character_set_server ||
           variable == VARIABLE_character_set_database ||
           variable == VARIABLE_character_set_filesystem;
}

static bool is_collation_variable(enum variable variable) {
    return variable == VARIABLE_collation_connection || variable == VARIABLE_collation_server ||
           variable == VARIABLE_collation_database;
}

/* The other one of a pair follows: character_set_connection and collation_connection and so on. */
static enum variable partner_of(enum variable variable) {
    switch ((int)variable) {
    case VARIABLE_character_set_connection: return VARIABLE_collation_connection;
    case VARIABLE_character_set_server: return VARIABLE_collation_server;
    case VARIABLE_character_set_database: return VARIABLE_collation_database;
    case VARIABLE_collation_connection: return VARIABLE_character_set_connection;
    case VARIABLE_collation_server: return VARIABLE_character_set_server;
    case VARIABLE_collation_database: return VARIABLE_character_set_database;
    }
    return VARIABLE_COUNT;
}

/* A name or an id: as its canonical name; the partner's value too. */
static enum status check_charset(struct session *session, enum variable variable,
                                 struct value *value, struct value *partner_out) {
    struct slice name = value_slice(value);
    if (is_charset_variable(variable)) {
        const struct charset *charset = charset_find_name(name);
        if (charset == NULL) return unknown_charset(session, name);
        *value = text_of(charset->name);
        *partner_out = text_of(collation_find(charset->collation_default)->name);
        return STATUS_OK;
    }
    const struct collation *collation = collation_find_name(name);
    if (collation == NULL)
        return diagnostics_error(&session->diagnostics, ER_UNKNOWN_COLLATION,
                                 arena_text(&session->statement_arena, name));
    *value = text_of(collation->name);
    *partner_out = text_of(collation_charset(collation->id)->name);
    return STATUS_OK;
}

/* ---- time zones ---- */

enum status settings_zone(struct session *session, struct slice name, struct arena *arena,
                          const struct time_zone **zone_out) {
    const struct sql_server_options *options = &session->server->options;
    *zone_out = NULL;
    if (slice_equal_nocase(name, SLICE_LITERAL("UTC"))) return STATUS_OK;
    if (name.size > 0 && (name.data[0] == '+' || name.data[0] == '-'))
        return time_zone_of_offset(name, arena, zone_out);
    struct slice tzif;
    bool is_system = slice_equal_nocase(name, SLICE_LITERAL("SYSTEM"));
    if (is_system) name = SLICE_LITERAL("SYSTEM");
    bool is_there = options->zone_bytes != NULL &&
                    options->zone_bytes(options->zone_context, name, arena, &tzif) == STATUS_OK;
    if (!is_there) return is_system ? STATUS_OK : STATUS_NOT_FOUND;
    return time_zone_open(tzif, arena, zone_out);
}

static enum status put_zone(struct session *session, const struct value *value) {
    const struct time_zone *zone;
    struct slice name = value_is_null(value) ? SLICE_EMPTY : value_slice(value);
    struct value before = setting(session, VARIABLE_time_zone);
    bool is_same = !value_is_null(&before) && slice_equal(value_slice(&before), name);
    if (is_same) return STATUS_OK;
    if (settings_zone(session, name, &session->state_arena, &zone) != STATUS_OK)
        return diagnostics_error(&session->diagnostics, ER_UNKNOWN_TIME_ZONE,
                                 arena_text(&session->statement_arena, name));
    session->settings.zone = zone;
    return STATUS_OK;
}

/* ---- changes ---- */

/* Values that live in the session itself. True: it was one. */
static bool put_own(struct session *session, enum variable variable, const struct value *value) {
    switch ((int)variable) {
    case VARIABLE_identity:
    case VARIABLE_last_insert_id: session->last_insert_id = value->u; return true;
    case VARIABLE_insert_id: session->insert_id_next = value->u; return true;
    }
    return false;
}

static bool is_tracked(const struct session *session, const char *name) {
    struct value list = setting(session, VARIABLE_session_track_system_variables);
    struct slice text = value_slice(&list);
    if (slice_equal(text, SLICE_LITERAL("*"))) return true;
    const char *words = arena_text(&((struct session *)session)->statement_arena, text);
    return variable_word_find(words, slice_of_text(name)) >= 0;
}

/* Names of days and months are English; other languages' locales are known, but not spoken. */
static enum status check_locale(struct session *session, const struct value *value) {
    struct slice name = value_is_null(value) ? SLICE_EMPTY : value_slice(value);
    bool is_shaped = name.size == 5 && name.data[2] == '_';
    for (size_t i = 0; i < name.size && is_shaped; i++) {
        uint8_t letter = (uint8_t)(name.data[i] | 32);
        is_shaped = i == 2 || (letter >= 'a' && letter <= 'z');
    }
    char *text = arena_text(&session->statement_arena, name);
    if (!is_shaped) return diagnostics_error(&session->diagnostics, ER_UNKNOWN_LOCALE, text);
    if (slice_equal_nocase(slice_part(name, 0, 2), SLICE_LITERAL("en"))) return STATUS_OK;
    return diagnostics_unsupported(&session->diagnostics,
                                   arena_printf(&session->statement_arena, "locale %s", text));
}

/* What the list cannot say about texts. */
static enum status check_text(struct session *session, enum variable variable,
                              const struct value *value) {
    if (variable == VARIABLE_lc_time_names || variable == VARIABLE_lc_messages)
        return check_locale(session, value);
    return STATUS_OK;
}

static enum status put_checked(struct session *session, enum variable variable,
                               struct value *value) {
    struct value partner = value_null();
    enum status checked = check_text(session, variable, value);
    if (checked != STATUS_OK) return checked;
    if (variable == VARIABLE_time_zone) {
        enum status status = put_zone(session, value);
        if (status != STATUS_OK) return status;
    }
    bool is_named = is_charset_variable(variable) || is_collation_variable(variable);
    bool may_be_null = variable == VARIABLE_character_set_results;
    if (is_named && !(may_be_null && value_is_null(value))) {
        if (value_is_null(value))
            return diagnostics_error(&session->diagnostics, ER_WRONG_VALUE_FOR_VAR,
                                     variable_info(variable)->name, "NULL");
        enum status status = check_charset(session, variable, value, &partner);
        if (status != STATUS_OK) return status;
    }
    variable_store_put(&session->variables, variable, value);
    enum variable other = partner_of(variable);
    if (other != VARIABLE_COUNT) variable_store_put(&session->variables, other, &partner);
    return STATUS_OK;
}

enum status settings_put(struct session *session, enum variable variable,
                         const struct value *given) {
    struct arena *arena = &session->statement_arena;
    struct value value;
    enum status status = variable_accept(variable, given, arena, &session->diagnostics, &value);
    if (status != STATUS_OK) return status;
    if (put_own(session, variable, &value)) return STATUS_OK;
    bool commits =
        variable == VARIABLE_autocommit && value.u != 0 && !session->settings.is_autocommit;
    status = put_checked(session, variable, &value);
    if (status == STATUS_OK && commits) status = transaction_commit_implicitly(session);
    if (status != STATUS_OK) return status;
    settings_load(session);
    const char *name = variable_info(variable)->name;
    if ((session->capabilities & CLIENT_SESSION_TRACK) != 0 && is_tracked(session, name))
        answer_track(session, 0, slice_of_text(name), variable_text(variable, &value, arena));
    return STATUS_OK;
}

/* (V1) */
static void keep_old_value(struct sql_server *server, enum variable variable) {
    struct value old = settings_global(server, variable);
    if (variable_info(variable)->scope != VARIABLE_BOTH) return;
    LIST_EACH(link, &server->sessions) {
        struct session *session = CONTAINER_OF(link, struct session, link);
        if (variable_store_find(&session->variables, variable) == NULL)
            variable_store_put(&session->variables, variable, &old);
    }
}

enum status settings_put_global(struct session *session, enum variable variable,
                                const struct value *given) {
    struct sql_server *server = session->server;
    struct value value, partner = value_null();
    enum status status =
        variable_accept(variable, given, &session->statement_arena, &session->diagnostics, &value);
    if (status != STATUS_OK) return status;
    status = check_text(session, variable, &value);
    if (status != STATUS_OK) return status;
    if (variable == VARIABLE_time_zone) {
        const struct time_zone *zone;
        if (settings_zone(session, value_slice(&value), &session->statement_arena, &zone) !=
            STATUS_OK)
            return diagnostics_error(&session->diagnostics, ER_UNKNOWN_TIME_ZONE,
                                     arena_text(&session->statement_arena, value_slice(&value)));
    }
    bool is_named = is_charset_variable(variable) || is_collation_variable(variable);
    if (is_named) {
        status = check_charset(session, variable, &value, &partner);
        if (status != STATUS_OK) return status;
    }
    enum variable other = partner_of(variable);
    keep_old_value(server, variable);
    variable_store_put(&server->globals, variable, &value);
    if (other == VARIABLE_COUNT) return STATUS_OK;
    keep_old_value(server, other);
    variable_store_put(&server->globals, other, &partner);
    return STATUS_OK;
}

void settings_open(struct session *session, uint16_t collation_id) {
    variable_store_open(&session->variables, &session->state_arena);
    const struct collation *collation = collation_find(collation_id);
    struct value zone = settings_global(session->server, VARIABLE_time_zone);
    if (settings_zone(session, value_slice(&zone), &session->state_arena,
                      &session->settings.zone) != STATUS_OK)
        session->settings.zone = NULL; /* SET GLOBAL has checked it; its file may be gone */
    if (collation != NULL && collation->id != COLLATION_BINARY) {
        put_three(session, collation_charset(collation->id));
        put_text(session, VARIABLE_collation_connection, collation->name);
    }
    settings_load(session);
}
