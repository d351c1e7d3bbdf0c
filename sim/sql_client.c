/* sim/sql_client.c: what do clients do with SQL, and is what they are told true? The facts are (Q1) to (Q6) of sql_client.h.
 *
 *   wait until ready -> a session -> an action of some statements -> rest -> ...
 * A session that asks to be closed is closed, and the next action opens another, as a client would connect again.
 *   (L1) Before a statement that may commit is sent, its codes are TRYING; only a clear answer moves them on.
 */
#include "sim/sql_client.h"

#include <stdarg.h>
#include <stdio.h>

#include "row/collation.h"

#define PAUSE_US_MAX  6000
#define READY_US      200000
#define BANK_ACCOUNTS 8
#define BANK_START    1000
#define KINDS         10
#define ADDED_COLUMNS 2
#define TEXT_MAX      512

/* ---- statements ---- */

struct answer {
    struct result_sink sink;
    struct sql_client *client;
    const char *text; /* of the statement */
    uint16_t error;   /* 0: none */
    uint64_t affected, last_insert_id;
    int64_t numbers[SQL_NUMBERS]; /* of the last row; NULL is 0 */
    uint64_t row_count;
    void (*visit)(struct sql_client *client, const int64_t *numbers); /* NULL: nobody looks */
};

static void answer_columns(struct result_sink *sink, const struct result_column *columns,
                           uint32_t count) {
    (void)sink, (void)columns;
    CHECK(count <= SQL_NUMBERS);
}

static enum status answer_row(struct result_sink *sink, const struct value *values,
                              uint32_t count) {
    struct answer *answer = CONTAINER_OF(sink, struct answer, sink);
    for (uint32_t i = 0; i < count; i++) {
        answer->numbers[i] = 0;
        if (value_is_null(&values[i])) continue;
        CHECK(value_to_int(&values[i], &answer->numbers[i]) == STATUS_OK);
    }
    answer->row_count++;
    if (answer->visit != NULL) answer->visit(answer->client, answer->numbers);
    return STATUS_OK;
}

static void answer_end(struct result_sink *sink, const struct result_end *end) {
    (void)sink, (void)end;
}

static void answer_ok(struct result_sink *sink, const struct result_ok *ok) {
    struct answer *answer = CONTAINER_OF(sink, struct answer, sink);
    answer->affected = ok->affected_rows;
    answer->last_insert_id = ok->last_insert_id;
}

/* What would be an error of this workload's own, or of the front end, is a violation. 1105 tells, too, that nobody was
 * there to be asked. */
static bool error_is_impossible(uint16_t number, struct slice message) {
    static const char excuse[] = "not reachable";
    if (number == ER_UNKNOWN_ERROR)
        return memmem(message.data, message.size, excuse, sizeof excuse - 1) == NULL;
    return number == ER_PARSE_ERROR || number == ER_NOT_SUPPORTED_YET ||
           number == ER_ACCESS_DENIED_ERROR || number == ER_TABLEACCESS_DENIED_ERROR;
}

static void answer_error(struct result_sink *sink, uint16_t number, const char *sqlstate,
                         struct slice message) {
    struct answer *answer = CONTAINER_OF(sink, struct answer, sink);
    struct sql_history *history = answer->client->options.history;
    (void)sqlstate;
    answer->error = number;
    history->errors++;
    if (!error_is_impossible(number, message)) return;
    history_violation(history->history, "sql: error %u %.*s: %s", number, (int)message.size,
                      (const char *)message.data, answer->text);
}

static enum status answer_infile_open(struct result_sink *sink, struct slice name) {
    (void)sink, (void)name;
    return STATUS_UNSUPPORTED;
}

static enum status answer_infile_read(struct result_sink *sink, struct slice *piece_out) {
    (void)sink, (void)piece_out;
    return STATUS_UNSUPPORTED;
}

static struct answer answer_to(struct sql_client *client) {
    return (struct answer){.sink = {answer_columns, answer_row, answer_end, answer_ok, answer_error,
                                    answer_infile_open, answer_infile_read},
                           .client = client};
}

/* true: no error. */
PRINTF_LIKE(2, 3) static bool say(struct answer *answer, const char *format, ...) {
    struct sql_client *client = answer->client;
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(size > 0 && size < TEXT_MAX);
    answer->text = text;
    answer->error = 0;
    answer->row_count = 0;
    if (client->session == NULL || session_must_close(client->session)) {
        answer->error = ER_UNKNOWN_COM_ERROR; /* the connection is gone */
        return false;
    }
    client->options.history->statements++;
    struct slice copy = arena_copy(&client->arena, slice_of((uint8_t *)text, (size_t)size));
    session_query(client->session, copy, &answer->sink);
    return answer->error == 0;
}

/* What an autocommit statement or a COMMIT has come to. */
static enum fate fate_of(const struct answer *answer) {
    const struct session *session = answer->client->session;
    if (answer->error == 0) return FATE_DONE;
    if (session == NULL || session_must_close(session)) return FATE_UNKNOWN;
    switch (answer->error) {
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_DUP_ENTRY:
    case ER_NO_SUCH_TABLE:
    case ER_BAD_DB_ERROR: return FATE_ABSENT;
    default: return FATE_UNKNOWN;
    }
}

/* A statement of a transaction was refused: nothing of it is there, whatever comes (X7). */
static void give_up(struct answer *answer) { (void)say(answer, "ROLLBACK"); }

static void note(struct sql_client *client, enum fate fate) {
    struct history *history = client->options.history->history;
    history->commits += fate == FATE_DONE;
    history->aborts += fate == FATE_ABSENT;
    history->unknowns += fate == FATE_UNKNOWN;
}

/* ---- codes ---- */

static struct sql_code *code_at(struct sql_client *client, uint32_t code) {
    CHECK(code < SQL_CODES_MAX);
    return &client->options.history->codes[code];
}

/* A code never used before; false: there are no more. */
static bool code_draw(struct sql_client *client, uint32_t *code_out) {
    struct sql_history *history = client->options.history;
    if (history->code_count == SQL_CODES_MAX) return false;
    *code_out = history->code_count++;
    history->codes[*code_out].fate = FATE_TRYING; /* (L1) */
    return true;
}

static void code_own(struct sql_client *client, uint32_t code) {
    if (client->own_count < SQL_OWN_MAX) {
        client->own[client->own_count++] = code;
    } else {
        client->own[random_below(&client->random, SQL_OWN_MAX)] = code;
    }
}

/* Some code of one's own that is there or absent for sure; false: none. */
static bool code_pick(struct sql_client *client, uint32_t *code_out) {
    if (client->own_count == 0) return false;
    *code_out = client->own[random_below(&client->random, client->own_count)];
    enum fate fate = (enum fate)code_at(client, *code_out)->fate;
    return fate == FATE_DONE || fate == FATE_ABSENT;
}

static int some_kind(struct sql_client *client) {
    return (int)random_below(&client->random, KINDS);
}

/* ---- actions on goods ---- */

static bool insert_code(struct answer *answer, uint32_t code) {
    return say(answer, "INSERT INTO goods (code, kind, amount) VALUES (%u, %d, %d)", code,
               some_kind(answer->client), some_kind(answer->client));
}

static void insert_one(struct sql_client *client) {
    uint32_t code;
    if (!code_draw(client, &code)) return;
    struct answer answer = answer_to(client);
    if (insert_code(&answer, code)) code_at(client, code)->id = (int64_t)answer.last_insert_id;
    code_at(client, code)->fate = (uint8_t)fate_of(&answer);
    code_own(client, code);
    note(client, fate_of(&answer));
}

/* Rows of several shards in one transaction, committed or rolled back. */
static void insert_some(struct sql_client *client) {
    uint32_t codes[3];
    for (uint32_t i = 0; i < 3; i++)
        if (!code_draw(client, &codes[i])) return;
    struct answer answer = answer_to(client);
    bool is_whole = say(&answer, "BEGIN");
    for (uint32_t i = 0; i < 3 && is_whole; i++) {
        is_whole = insert_code(&answer, codes[i]);
        code_at(client, codes[i])->id = (int64_t)answer.last_insert_id;
    }
    enum fate fate = FATE_ABSENT;
    if (is_whole && random_chance(&client->random, 0.8)) {
        (void)say(&answer, "COMMIT");
        fate = fate_of(&answer);
    } else {
        give_up(&answer);
    }
    for (uint32_t i = 0; i < 3; i++) {
        code_at(client, codes[i])->fate = (uint8_t)fate;
        code_own(client, codes[i]);
    }
    note(client, fate);
}

/* (Q2) */
static void insert_again(struct sql_client *client) {
    uint32_t code;
    if (!code_pick(client, &code) || code_at(client, code)->fate != FATE_DONE) return;
    struct answer answer = answer_to(client);
    if (!insert_code(&answer, code)) return;
    history_violation(client->options.history->history, "sql: code %u was inserted twice", code);
}

static void upsert(struct sql_client *client) {
    uint32_t code;
    if (!code_pick(client, &code) || code_at(client, code)->fate != FATE_DONE) return;
    struct answer answer = answer_to(client);
    (void)say(&answer,
              "INSERT INTO goods (code, kind, amount) VALUES (%u, 1, 1) ON DUPLICATE KEY UPDATE "
              "amount = amount + 1, kind = %d",
              code, some_kind(client));
}

/* The row keeps its id and gets another unique key. */
static void rename_code(struct sql_client *client) {
    uint32_t code, other;
    if (!code_pick(client, &code) || code_at(client, code)->fate != FATE_DONE) return;
    if (!code_draw(client, &other)) return;
    struct sql_code *from = code_at(client, code), *to = code_at(client, other);
    struct answer answer = answer_to(client);
    from->fate = FATE_TRYING; /* (L1) */
    (void)say(&answer, "UPDATE goods SET code = %u WHERE code = %u", other, code);
    enum fate fate = fate_of(&answer);
    if (fate == FATE_DONE && answer.affected != 1) {
        history_violation(client->options.history->history, "sql: UPDATE of code %u found %lu rows",
                          code, (unsigned long)answer.affected);
    }
    from->fate = fate == FATE_DONE ? FATE_ABSENT : fate == FATE_ABSENT ? FATE_DONE : FATE_UNKNOWN;
    to->fate = (uint8_t)fate;
    to->id = from->id;
    if (fate != FATE_ABSENT) from->id = 0;
    code_own(client, other);
    note(client, fate);
}

static void delete_code(struct sql_client *client) {
    uint32_t code;
    if (!code_pick(client, &code) || code_at(client, code)->fate != FATE_DONE) return;
    struct sql_code *gone = code_at(client, code);
    struct answer answer = answer_to(client);
    gone->fate = FATE_TRYING; /* (L1) */
    if (random_chance(&client->random, 0.5))
        (void)say(&answer, "DELETE FROM goods WHERE code = %u", code);
    else
        (void)say(&answer, "DELETE FROM goods WHERE id = %ld", (long)gone->id);
    enum fate fate = fate_of(&answer);
    if (fate == FATE_DONE && answer.affected != 1) {
        history_violation(client->options.history->history, "sql: DELETE of code %u found %lu rows",
                          code, (unsigned long)answer.affected);
    }
    gone->fate = fate == FATE_DONE ? FATE_ABSENT : fate == FATE_ABSENT ? FATE_DONE : FATE_UNKNOWN;
    note(client, fate);
}

/* Anybody's rows. */
static void update_kinds(struct sql_client *client) {
    struct answer answer = answer_to(client);
    int kind = some_kind(client);
    (void)say(&answer, "UPDATE goods SET amount = amount + 1, kind = %d WHERE kind = %d LIMIT 5",
              some_kind(client), kind);
    note(client, fate_of(&answer));
}

/* (Q1) */
static void look_up(struct sql_client *client) {
    struct history *history = client->options.history->history;
    uint32_t code;
    if (!code_pick(client, &code)) return;
    const struct sql_code *have = code_at(client, code);
    struct answer answer = answer_to(client);
    bool by_id = have->id != 0 && random_chance(&client->random, 0.5);
    bool is_read = by_id ? say(&answer, "SELECT id, code FROM goods WHERE id = %ld", (long)have->id)
                         : say(&answer, "SELECT id, code FROM goods WHERE code = %u", code);
    if (!is_read) return;
    history->reads++;
    bool is_there = answer.row_count == 1 && answer.numbers[1] == code;
    if (answer.row_count > 1) {
        history_violation(history, "sql: code %u has %lu rows", code,
                          (unsigned long)answer.row_count);
    } else if (have->fate == FATE_DONE && (!is_there || answer.numbers[0] != have->id)) {
        history_violation(history, "sql: code %u was acknowledged with id %ld and is not there",
                          code, (long)have->id);
    } else if (have->fate == FATE_ABSENT && is_there) {
        history_violation(history, "sql: code %u is absent and is there", code);
    }
}

/* ---- whole tables in one snapshot ---- */

struct sums {
    int64_t count, ids, amounts;
};

/* false: the question was refused, as when the index has been dropped. */
static bool sum_goods(struct answer *answer, const char *how, struct sums *sums_out) {
    if (!say(answer,
             "SELECT COUNT(*), CAST(SUM(id) AS SIGNED), CAST(SUM(amount) AS SIGNED) FROM goods %s",
             how))
        return false;
    *sums_out = (struct sums){answer->numbers[0], answer->numbers[1], answer->numbers[2]};
    return true;
}

/* (Q3), (Q6) */
static void compare_indexes(struct sql_client *client) {
    static const char *const ways[] = {
        "FORCE INDEX (by_kind) WHERE kind >= 0", "FORCE INDEX (code) WHERE code >= 0",
        "FORCE INDEX (by_amount) WHERE amount >= 0", "FORCE INDEX (code_kind) WHERE code >= 0"};
    struct history *history = client->options.history->history;
    struct answer answer = answer_to(client);
    struct sums all, some;
    bool is_read = say(&answer, "BEGIN") && sum_goods(&answer, "", &all);
    for (uint32_t i = 0; is_read && i < ARRAY_COUNT(ways); i++) {
        if (!sum_goods(&answer, ways[i], &some)) continue;
        client->options.history->comparisons++;
        if (some.count == all.count && some.ids == all.ids && some.amounts == all.amounts) continue;
        history_violation(history, "sql: %s gives %ld rows, sums %ld, %ld; the table %ld, %ld, %ld",
                          ways[i], (long)some.count, (long)some.ids, (long)some.amounts,
                          (long)all.count, (long)all.ids, (long)all.amounts);
    }
    for (int i = 0; is_read && i < ADDED_COLUMNS; i++) {
        if (!sum_goods(&answer, i == 0 ? "WHERE added0 = 5" : "WHERE added1 = 5", &some)) continue;
        if (some.count == all.count) continue;
        history_violation(history, "sql: added column %d has its default in %ld of %ld rows", i,
                          (long)some.count, (long)all.count);
    }
    history->snapshots += is_read;
    give_up(&answer);
}

/* (Q4) */
static void sum_bank(struct sql_client *client) {
    struct history *history = client->options.history->history;
    struct answer answer = answer_to(client);
    if (!say(&answer, "SELECT COUNT(*), CAST(SUM(money) AS SIGNED) FROM bank")) return;
    history->snapshots++;
    bool is_whole = answer.numbers[0] == 0 || (answer.numbers[0] == BANK_ACCOUNTS &&
                                               answer.numbers[1] == BANK_ACCOUNTS * BANK_START);
    if (!is_whole) {
        history_violation(history, "sql: a snapshot of %ld bank accounts sums to %ld",
                          (long)answer.numbers[0], (long)answer.numbers[1]);
    }
}

static void pay(struct sql_client *client) {
    int from = (int)random_below(&client->random, BANK_ACCOUNTS);
    int to = (from + 1 + (int)random_below(&client->random, BANK_ACCOUNTS - 1)) % BANK_ACCOUNTS;
    int sum = (int)random_range(&client->random, 1, 20);
    struct answer answer = answer_to(client);
    bool is_whole = say(&answer, "BEGIN");
    if (random_chance(&client->random, 0.5))
        is_whole =
            is_whole && say(&answer, "SELECT money FROM bank WHERE id = %d FOR UPDATE", from);
    is_whole =
        is_whole && say(&answer, "UPDATE bank SET money = money - %d WHERE id = %d", sum, from);
    bool has_paid = is_whole && answer.affected == 1;
    is_whole =
        is_whole && say(&answer, "UPDATE bank SET money = money + %d WHERE id = %d", sum, to);
    if (!is_whole || !has_paid || answer.affected != 1) {
        give_up(&answer);
        return;
    }
    (void)say(&answer, "COMMIT");
    note(client, fate_of(&answer));
}

/* ---- the schema ---- */

static void change_schema(struct sql_client *client) {
    static const char *const changes[] = {
        "CREATE INDEX by_amount ON goods (amount)",
        "DROP INDEX by_amount ON goods",
        "CREATE UNIQUE INDEX code_kind ON goods (code, kind)",
        "DROP INDEX code_kind ON goods",
        "ALTER TABLE goods ADD COLUMN added0 INT NOT NULL DEFAULT 5",
        "ALTER TABLE goods ADD COLUMN added1 INT NOT NULL DEFAULT 5",
    };
    struct answer answer = answer_to(client);
    if (say(&answer, "%s", changes[random_below(&client->random, ARRAY_COUNT(changes))]))
        client->options.history->changes++;
}

static void make_tables(struct sql_client *client) {
    struct answer answer = answer_to(client);
    char rows[TEXT_MAX / 2] = "";
    for (int i = 0; i < BANK_ACCOUNTS; i++) {
        size_t size = strlen(rows);
        snprintf(rows + size, sizeof rows - size, "%s(%d, %d)", i > 0 ? ", " : "", i, BANK_START);
    }
    bool is_made =
        say(&answer, "CREATE DATABASE IF NOT EXISTS shop") && say(&answer, "USE shop") &&
        say(&answer, "CREATE TABLE IF NOT EXISTS goods (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
                     "code INT NOT NULL, kind INT NOT NULL, amount INT NOT NULL, "
                     "UNIQUE KEY code (code), KEY by_kind (kind))") &&
        say(&answer, "CREATE TABLE IF NOT EXISTS bank (id INT PRIMARY KEY, money INT NOT NULL)");
    if (!is_made) return;
    (void)say(&answer, "INSERT INTO bank VALUES %s", rows);
    client->has_tables = answer.error == 0 || answer.error == ER_DUP_ENTRY;
}

/* ---- the audit ---- */

/* (Q1) */
static void audit_row(struct sql_client *client, const int64_t *numbers) {
    struct sql_history *history = client->options.history;
    int64_t id = numbers[0], code = numbers[1];
    if (code < 0 || code >= history->code_count) {
        history_violation(history->history, "sql audit: code %ld was never drawn", (long)code);
        return;
    }
    struct sql_code *have = &history->codes[code];
    if (have->fate == FATE_ABSENT) {
        history_violation(history->history, "sql audit: code %ld is absent and is there",
                          (long)code);
    } else if (have->is_seen) {
        history_violation(history->history, "sql audit: code %ld is there twice", (long)code);
    } else if (have->fate == FATE_DONE && have->id != id) {
        history_violation(history->history, "sql audit: code %ld has id %ld, told was %ld",
                          (long)code, (long)id, (long)have->id);
    }
    have->is_seen = true;
}

/* (Q1), (Q5) */
static void audit_codes(struct sql_history *history) {
    for (uint32_t code = 0; code < history->code_count; code++) {
        const struct sql_code *have = &history->codes[code];
        if (have->fate != FATE_DONE) continue;
        if (!have->is_seen) {
            history_violation(history->history, "sql audit: code %u was acknowledged and is lost",
                              code);
        }
        for (uint32_t other = 0; other < code; other++) {
            if (history->codes[other].fate != FATE_DONE || history->codes[other].id != have->id)
                continue;
            history_violation(history->history, "sql audit: codes %u and %u were told the id %ld",
                              other, code, (long)have->id);
        }
    }
}

static void audit(struct sql_client *client) {
    struct sql_history *history = client->options.history;
    if (!client->has_tables) return;
    for (uint32_t i = 0; i < history->code_count; i++) history->codes[i].is_seen = false;
    struct answer answer = answer_to(client);
    answer.visit = audit_row;
    if (!say(&answer, "SELECT id, code FROM goods ORDER BY id")) return;
    audit_codes(history);
    compare_indexes(client);
    sum_bank(client);
    history->is_audited = true;
}

/* ---- the client ---- */

static void rest(struct sql_client *client, uint64_t us) {
    uint64_t until = client->waiter.now_us + us;
    while (client->waiter.now_us < until) {
        client->waiter.deadline_us = until;
        if (waiter_wait(&client->waiter, WAIT_DEADLINE) == WAIT_CANCELLED) return;
    }
}

/* The daemon's first client reads the accounts for all. */
static bool has_session(struct sql_client *client) {
    const struct sql_client_options *options = &client->options;
    if (!*options->is_open) {
        *options->is_open = sql_server_bootstrap(options->server, &client->waiter) == STATUS_OK;
        if (!*options->is_open) return false;
    }
    if (client->session != NULL && session_must_close(client->session)) {
        session_close(client->session);
        client->session = NULL;
        client->has_tables = false;
        waiter_clear_cancel(&client->waiter);
    }
    if (client->session != NULL) return true;
    struct sql_account account;
    const struct slice user = SLICE_LITERAL("root"), host = SLICE_LITERAL("localhost");
    enum status found = sql_account_find(options->server, &client->waiter, user, host, &account);
    if (found != STATUS_OK) return false;
    struct session_options session = {.waiter = &client->waiter,
                                      .connection_id = options->connection_id,
                                      .user = user,
                                      .host = host,
                                      .account_user = account.user,
                                      .account_host = account.host_pattern,
                                      .collation_id = COLLATION_UTF8MB4_0900_AI_CI};
    client->session = session_open(options->server, &session);
    return true;
}

static void act_by_chance(struct sql_client *client) {
    static void (*const actions[])(struct sql_client * client) = {
        insert_one,  insert_one, insert_some, insert_again, upsert,       rename_code,
        delete_code, look_up,    look_up,     look_up,      update_kinds, sum_bank,
        pay,         pay,        insert_one,  delete_code,  insert_one,   compare_indexes,
    };
    bool changes = client->options.common.makes_tables && random_chance(&client->random, 0.15);
    if (changes)
        change_schema(client);
    else
        actions[random_below(&client->random, ARRAY_COUNT(actions))](client);
}

static void client_turn(struct sql_client *client) {
    const struct workload_options *options = &client->options.common;
    bool audits = *options->phase == WORKLOAD_AUDIT && options->audits;
    bool works = *options->phase == WORKLOAD_BUSY;
    if (!works && !(audits && !client->options.history->is_audited)) {
        rest(client, 50000);
        return;
    }
    if (cluster_wait_ready(options->cluster, &client->waiter, READY_US) != STATUS_OK) return;
    client->is_busy = true;
    if (!has_session(client)) {
        client->is_busy = false;
        return;
    }
    if (!client->has_tables)
        make_tables(client);
    else if (audits)
        audit(client);
    else
        act_by_chance(client);
    client->is_busy = false;
    arena_reset(&client->arena);
}

static void client_run(struct fiber *fiber, void *argument) {
    (void)fiber;
    struct sql_client *client = argument;
    for (;;) {
        client_turn(client);
        rest(client, 200 + random_below(&client->random, PAUSE_US_MAX));
    }
}

void sql_client_open(struct sql_client *client, const struct sql_client_options *options) {
    const struct workload_options *common = &options->common;
    *client = (struct sql_client){.options = *options};
    random_open(&client->random, common->seed);
    arena_open(&client->arena, common->source, 0);
    client->stack = common->source->take(common->source, FIBER_STACK_BYTES);
    fiber_open(&client->fiber, client->stack, FIBER_STACK_BYTES, client_run, client);
    waiter_open(&client->waiter, common->queue, &client->fiber);
    waiter_wake(&client->waiter);
}

void sql_client_forget(struct sql_client *client) {
    waiter_close(&client->waiter);
    if (fiber_is_live(&client->fiber)) fiber_abandon(&client->fiber);
}
