/* set.c: SET: system variables, user variables, NAMES, CHARACTER SET.
 *
 * All values of the list are computed before the first takes effect, from left to right; so an error in any of them leaves
 * everything as it was, but for errors that only taking effect can find.
 */
#include "sql/session_private.h"

#include "sql/privilege.h"

struct setting_value {
    enum variable variable;
    struct value value;
};

static enum status unknown_variable(struct session *session, struct slice name) {
    return diagnostics_error(&session->diagnostics, ER_UNKNOWN_SYSTEM_VARIABLE, (int)name.size,
                             (const char *)name.data);
}

static bool scope_is_global(enum ast_scope scope) {
    return scope == AST_SCOPE_GLOBAL || scope == AST_SCOPE_PERSIST ||
           scope == AST_SCOPE_PERSIST_ONLY;
}

static enum status check_scope(struct session *session, const struct ast_setting *setting,
                               const struct variable_info *info) {
    struct diagnostics *diagnostics = &session->diagnostics;
    bool is_global = scope_is_global(setting->scope);
    if (info->change == VARIABLE_FIXED)
        return diagnostics_error(diagnostics, ER_INCORRECT_GLOBAL_LOCAL_VAR, info->name,
                                 "read only");
    if (is_global && (info->scope & VARIABLE_GLOBAL) == 0)
        return diagnostics_error(diagnostics, ER_LOCAL_VARIABLE, info->name);
    if (!is_global && (info->scope & VARIABLE_SESSION) == 0)
        return diagnostics_error(diagnostics, ER_GLOBAL_VARIABLE, info->name);
    if (setting->scope == AST_SCOPE_PERSIST || setting->scope == AST_SCOPE_PERSIST_ONLY)
        return diagnostics_unsupported(diagnostics, "SET PERSIST");
    if (is_global)
        return privilege_check_global(session,
                                      PRIVILEGE(SUPER) | PRIVILEGE(SYSTEM_VARIABLES_ADMIN));
    return STATUS_OK;
}

static enum status compute_system(struct session *session, const struct ast_setting *setting,
                                  struct setting_value *out) {
    if (setting->base.size > 0)
        return diagnostics_error(&session->diagnostics, ER_VARIABLE_IS_NOT_STRUCT,
                                 arena_text(&session->statement_arena, setting->base));
    out->variable = variable_find(setting->name);
    if (out->variable == VARIABLE_COUNT) return unknown_variable(session, setting->name);
    enum status status = check_scope(session, setting, variable_info(out->variable));
    if (status != STATUS_OK) return status;
    if (setting->value == NULL) {
        out->value = scope_is_global(setting->scope)
                         ? variable_default(out->variable)
                         : settings_global(session->server, out->variable);
        return STATUS_OK;
    }
    return query_eval(session, setting->value, &out->value);
}

static enum status compute(struct session *session, const struct ast_setting *setting,
                           struct setting_value *out) {
    switch (setting->kind) {
    case AST_SET_SYSTEM: return compute_system(session, setting, out);
    case AST_SET_USER: return query_eval(session, setting->value, &out->value);
    case AST_SET_NAMES:
    case AST_SET_CHARSET: return STATUS_OK;
    }
    UNREACHABLE();
}

/* SET timestamp: 0 is the clock again. */
static void put_timestamp(struct session *session) {
    struct value value = *variable_store_find(&session->variables, VARIABLE_timestamp);
    if (value.d == 0) session->now_us = (int64_t)session->server->wall_us;
}

static enum status take_effect(struct session *session, const struct ast_setting *setting,
                               const struct setting_value *computed) {
    switch (setting->kind) {
    case AST_SET_SYSTEM: {
        enum status status =
            scope_is_global(setting->scope)
                ? settings_put_global(session, computed->variable, &computed->value)
                : settings_put(session, computed->variable, &computed->value);
        if (status == STATUS_OK && computed->variable == VARIABLE_timestamp) put_timestamp(session);
        return status;
    }
    case AST_SET_USER: return user_variable_set(session, setting->name, &computed->value);
    case AST_SET_NAMES: return settings_put_names(session, setting->charset, setting->collation);
    case AST_SET_CHARSET: return settings_put_charset(session, setting->charset);
    }
    UNREACHABLE();
}

enum status set_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_set *set = statement->set;
    struct setting_value *values =
        arena_array(&session->statement_arena, struct setting_value, set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        enum status status = compute(session, &set->items[i], &values[i]);
        if (status != STATUS_OK) return status;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        enum status status = take_effect(session, &set->items[i], &values[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}
