/* function_facts.c: what the session, the server and the expression itself know: USER, LAST_INSERT_ID, CHARSET; and the calls that
 * wait: SLEEP, GET_LOCK.
 *
 *   (F4) A fact is the same for all rows of a statement, but not for two statements: it is no constant to fold.
 *   (F5) A call that waits is run by the executor through context->wait_call; here it only gets its args' values.
 */
#include "sql/coerce.h"
#include "sql/expr_private.h"

#define NAME_CHARS_MAX 288 /* user@host */

/* ---- facts ---- */

static enum status resolve_name(struct function_call *call) {
    function_set_text(call, NAME_CHARS_MAX, COLLATION_UTF8MB3_GENERAL_CI, COERCE_SYSTEM);
    return STATUS_OK;
}

static struct value name_value(struct slice name) {
    return value_of_string(name, COLLATION_UTF8MB3_GENERAL_CI);
}

static enum status eval_version(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    (void)expr;
    *out = name_value(context->facts->version);
    return STATUS_OK;
}

static enum status eval_database(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    (void)expr;
    struct slice database = context->facts->database;
    *out = database.size == 0 ? value_null() : name_value(database);
    return STATUS_OK;
}

static enum status eval_user(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    (void)expr;
    *out = name_value(context->facts->user);
    return STATUS_OK;
}

static enum status eval_current_user(const struct expr *expr, struct eval_context *context,
                                     struct value *out) {
    (void)expr;
    *out = name_value(context->facts->current_user);
    return STATUS_OK;
}

static enum status eval_role(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    (void)expr;
    struct slice role = context->facts->role;
    *out = name_value(role.size == 0 ? SLICE_LITERAL("NONE") : role);
    return STATUS_OK;
}

static enum status resolve_unsigned(struct function_call *call) {
    call->expr->type = column_type_bigint(COLUMN_UNSIGNED);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

static enum status eval_connection_id(const struct expr *expr, struct eval_context *context,
                                      struct value *out) {
    (void)expr;
    *out = value_of_uint(context->facts->connection_id);
    return STATUS_OK;
}

static enum status eval_found_rows(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    (void)expr;
    *out = value_of_int((int64_t)context->facts->found_rows);
    return STATUS_OK;
}

static enum status eval_row_count(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    (void)expr;
    *out = value_of_int(context->facts->row_count);
    return STATUS_OK;
}

/* LAST_INSERT_ID(x) gives x, and makes it what the next call and the client's OK packet show. */
static enum status resolve_last_insert_id(struct function_call *call) {
    if (call->expr->arg_count == 1) call->expr->flags |= EXPR_NOT_DETERMINISTIC;
    return resolve_unsigned(call);
}

static enum status eval_last_insert_id(const struct expr *expr, struct eval_context *context,
                                       struct value *out) {
    if (expr->arg_count == 0) {
        uint64_t id = context->has_last_insert_id_set ? context->last_insert_id_set
                                                      : context->facts->last_insert_id;
        *out = value_of_uint(id);
        return STATUS_OK;
    }
    struct value arg;
    uint64_t id = 0;
    enum status status = expr_eval(expr->args[0], context, &arg);
    if (status != STATUS_OK) return status;
    bool is_null = value_is_null(&arg);
    if (!is_null && value_to_uint(&arg, &id) == STATUS_OUT_OF_RANGE) {
        int64_t negative;
        if (value_to_int(&arg, &negative) == STATUS_OK) id = (uint64_t)negative;
    }
    context->last_insert_id_set = id;
    context->has_last_insert_id_set = 1;
    *out = is_null ? value_null() : value_of_uint(id);
    return STATUS_OK;
}

/* ---- about an expression; known at binding, so the call becomes a constant ---- */

static enum status become_name(struct function_call *call, const char *name) {
    struct column_type type = coerce_text_type(64, COLLATION_UTF8MB3_GENERAL_CI);
    *call->expr = *expr_constant(call->arena, name_value(slice_of_text(name)), &type);
    call->expr->coercibility = COERCE_SYSTEM;
    return STATUS_OK;
}

/* Numbers' texts are in the connection's character set. */
static uint16_t collation_of(const struct function_call *call) {
    const struct expr *arg = call->expr->args[0];
    if (arg->type.kind == COLUMN_JSON) return COLLATION_UTF8MB4_BIN;
    return arg->collation;
}

static enum status resolve_charset(struct function_call *call) {
    return become_name(call, collation_charset(collation_of(call))->name);
}

static enum status resolve_collation(struct function_call *call) {
    return become_name(call, collation_find(collation_of(call))->name);
}

static enum status resolve_coercibility(struct function_call *call) {
    struct value level = value_of_int(call->expr->args[0]->coercibility);
    struct column_type type = column_type_bigint(0);
    *call->expr = *expr_constant(call->arena, level, &type);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* ---- calls that wait (F5) ---- */

static enum status eval_waiting(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct value args[4];
    CHECK(expr->arg_count <= ARRAY_COUNT(args));
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        enum status status = expr_eval(expr->args[i], context, &args[i]);
        if (status != STATUS_OK) return status;
    }
    struct waiting_call call = {
        .function = expr->function, .args = args, .arg_count = expr->arg_count};
    if (context->wait_call == NULL) {
        return diagnostics_unsupported(context->diagnostics, "a waiting function here");
    }
    return context->wait_call(context->session, &call, out);
}

/* BENCHMARK(n, expression): evaluates it n times, 0 is the answer. Bounded, since nothing yields in between. */
#define BENCHMARK_COUNT_MAX 100000000
static enum status eval_benchmark(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct value count, ignored;
    int64_t times = 0;
    enum status status = expr_eval(expr->args[0], context, &count);
    if (status == STATUS_OK && !value_is_null(&count)) {
        status = function_int(context, &count, &times);
    }
    if (status != STATUS_OK) return status;
    *out = value_is_null(&count) || times < 0 ? value_null() : value_of_int(0);
    times = MIN(times, (int64_t)BENCHMARK_COUNT_MAX);
    for (int64_t i = 0; i < times && status == STATUS_OK; i++) {
        if (arena_over_budget(context->arena)) break;
        status = expr_eval(expr->args[1], context, &ignored);
    }
    return status;
}

#define FACT  (FUNCTION_NEEDS_ROW | FUNCTION_NEVER_NULL)
#define WAITS (FUNCTION_WAITS | FUNCTION_TAKES_NULL | FUNCTION_NOT_DETERMINISTIC)

static const struct function functions[] = {
    {"BENCHMARK", FUNCTION_SCALAR, 2, 2, FUNCTION_TAKES_NULL | FUNCTION_NOT_DETERMINISTIC,
     function_resolve_bool, eval_benchmark, 0},
    {"CHARSET", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL, resolve_charset, NULL, 0},
    {"COERCIBILITY", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL, resolve_coercibility, NULL, 0},
    {"COLLATION", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL, resolve_collation, NULL, 0},
    {"CONNECTION_ID", FUNCTION_SCALAR, 0, 0, FACT, resolve_unsigned, eval_connection_id, 0},
    {"CURRENT_ROLE", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_role, 0},
    {"CURRENT_USER", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_current_user, 0},
    {"DATABASE", FUNCTION_SCALAR, 0, 0, FUNCTION_NEEDS_ROW | FUNCTION_ALWAYS_NULLABLE, resolve_name,
     eval_database, 0},
    {"FOUND_ROWS", FUNCTION_SCALAR, 0, 0, FACT, function_resolve_int, eval_found_rows, 0},
    {"GET_LOCK", FUNCTION_SCALAR, 2, 2, WAITS | FUNCTION_ALWAYS_NULLABLE, function_resolve_bool,
     eval_waiting, 0},
    {"IS_FREE_LOCK", FUNCTION_SCALAR, 1, 1, WAITS | FUNCTION_ALWAYS_NULLABLE, function_resolve_bool,
     eval_waiting, 0},
    {"IS_USED_LOCK", FUNCTION_SCALAR, 1, 1, WAITS | FUNCTION_ALWAYS_NULLABLE, resolve_unsigned,
     eval_waiting, 0},
    {"LAST_INSERT_ID", FUNCTION_SCALAR, 0, 1, FUNCTION_NEEDS_ROW | FUNCTION_TAKES_NULL,
     resolve_last_insert_id, eval_last_insert_id, 0},
    {"RELEASE_ALL_LOCKS", FUNCTION_SCALAR, 0, 0, WAITS, resolve_unsigned, eval_waiting, 0},
    {"RELEASE_LOCK", FUNCTION_SCALAR, 1, 1, WAITS | FUNCTION_ALWAYS_NULLABLE, function_resolve_bool,
     eval_waiting, 0},
    {"ROW_COUNT", FUNCTION_SCALAR, 0, 0, FACT, function_resolve_int, eval_row_count, 0},
    {"SCHEMA", FUNCTION_SCALAR, 0, 0, FUNCTION_NEEDS_ROW | FUNCTION_ALWAYS_NULLABLE, resolve_name,
     eval_database, 0},
    {"SESSION_USER", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_user, 0},
    {"SLEEP", FUNCTION_SCALAR, 1, 1, WAITS, function_resolve_bool, eval_waiting, 0},
    {"SYSTEM_USER", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_user, 0},
    {"USER", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_user, 0},
    {"VERSION", FUNCTION_SCALAR, 0, 0, FACT, resolve_name, eval_version, 0},
};
const struct function_list function_facts = {functions, ARRAY_COUNT(functions)};
