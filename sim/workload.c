/* sim/workload.c: what do clients do, and what must hold for what they see?
 *
 * Each client goes round: wait until its daemon serves, pick an action by chance, do it in a transaction over cluster.h, write into the
 * history what it was told. The facts that are checked are (H1) to (H4) of history.h.
 *   (L1) Before a request that may commit is sent, the history says TRYING; only a clear answer moves it on. So whatever dies in
 *        between, the history never claims more than a real client could know.
 */
#include "sim/workload.h"

#include "row/collation.h"

#define PAUSE_US_MAX    4000
#define READY_US        200000
#define LOCK_WAIT_MS    1000
#define INSERT_ROWS_MAX 50

static const struct slice database = {(const uint8_t *)"sim", 3};

enum sim_table { LEDGER, ACCOUNT, COUNTER, SIM_TABLE_COUNT };
static const char *const table_names[] = {"ledger", "account", "counter"};

/* ---- one transaction ---- */

struct act {
    struct workload_client *client;
    struct schema *schema;
    struct txn *txn;
    const struct table *tables[SIM_TABLE_COUNT];
    enum status status; /* the first refusal; later calls do nothing */
    bool *is_seen;      /* audit: ledger rows by id */
};

static bool act_open(struct act *act, struct workload_client *client,
                     const struct txn_options *options) {
    *act = (struct act){.client = client};
    act->schema = schema_hold(client->options.cluster);
    for (uint32_t i = 0; i < SIM_TABLE_COUNT; i++) {
        act->tables[i] = schema_table(act->schema, database, slice_of_text(table_names[i]));
        if (act->tables[i] == NULL) act->status = STATUS_NOT_FOUND;
    }
    if (act->status != STATUS_OK) {
        schema_release(client->options.cluster, act->schema);
        return false;
    }
    struct txn_options own = *options;
    own.lock_wait_ms = LOCK_WAIT_MS;
    own.session_floor = client->floor;
    act->txn = txn_open(client->options.cluster, &client->waiter, &own);
    txn_begin_statement(act->txn);
    client->is_busy = true;
    return true;
}

/* Commits if nothing was refused; what the client may believe afterwards. */
static enum fate act_close(struct act *act) {
    struct workload_client *client = act->client;
    struct history *history = client->options.history;
    enum fate fate;
    if (act->status == STATUS_OK) {
        act->status = txn_commit(act->txn, &client->floor);
    } else {
        txn_rollback(act->txn, &client->floor);
    }
    switch (act->status) {
    case STATUS_OK: fate = FATE_DONE; break;
    case STATUS_UNKNOWN_OUTCOME: fate = FATE_UNKNOWN; break;
    case STATUS_ABORTED:
    case STATUS_DEADLOCK:
    case STATUS_DUPLICATE:
    case STATUS_LOCK_TIMEOUT:
    case STATUS_NOT_FOUND:
    case STATUS_OLD_SNAPSHOT: fate = FATE_ABSENT; break;
    default: fate = FATE_UNKNOWN; break;
    }
    history->commits += fate == FATE_DONE;
    history->aborts += fate == FATE_ABSENT;
    history->unknowns += fate == FATE_UNKNOWN;
    schema_release(client->options.cluster, act->schema);
    arena_reset(&client->arena);
    client->is_busy = false;
    return fate;
}

static struct slice row_of(struct act *act, enum sim_table table, int64_t id, int64_t value) {
    struct value values[2] = {value_of_int(id), value_of_int(value)};
    struct buffer buffer = buffer_of(&act->client->arena);
    struct slice row;
    enum status status = row_encode(act->tables[table]->layout, values, &buffer, &row);
    CHECK(status == STATUS_OK);
    return row;
}

static int64_t row_number(struct act *act, enum sim_table table, struct slice row,
                          uint32_t column) {
    struct value value = row_value(act->tables[table]->layout, row, column, &act->client->arena);
    CHECK(value.kind == VALUE_INT);
    return value.i;
}

static void act_write(struct act *act, enum sim_table table, const struct row_write *writes,
                      uint32_t count, enum write_extent extent) {
    if (act->status != STATUS_OK) return;
    struct write_spec spec = {
        .table = act->tables[table], .writes = writes, .count = count, .extent = extent};
    act->status = txn_write(act->txn, &spec, &act->client->arena);
}

struct found {
    struct slice row; /* empty: no such row */
    int64_t value;
};

/* The row of one id; `lock` LOCK_NONE: by the transaction's isolation. */
static struct found act_read(struct act *act, enum sim_table table, int64_t id, enum lock_mode lock,
                             enum scan_extent extent) {
    struct found found = {0};
    if (act->status != STATUS_OK) return found;
    struct value key_value = value_of_int(id);
    struct buffer key = buffer_of(&act->client->arena), points = buffer_of(&act->client->arena);
    CHECK(key_of_values(act->tables[table]->index_keys[0], &key_value, 1, &key) == STATUS_OK);
    pack_point(&points, buffer_slice(&key));
    struct scan_spec spec = {.table = act->tables[table],
                             .position_kind = POSITION_POINTS,
                             .positions = buffer_slice(&points),
                             .position_count = 1,
                             .lock_mode = lock,
                             .extent = extent};
    struct scan *scan;
    act->status = scan_open(act->txn, &spec, &act->client->arena, &scan);
    if (act->status != STATUS_OK) return found;
    struct scan_batch batch;
    enum status status = scan_next(scan, &batch);
    if (status == STATUS_OK) {
        found.row = arena_copy(&act->client->arena, batch.rows[0].bytes);
        found.value = row_number(act, table, found.row, 1);
        status = scan_next(scan, &batch);
    }
    scan_close(scan);
    act->status = status == STATUS_END ? STATUS_OK : status;
    return found;
}

struct total {
    uint64_t count;
    int64_t sum;
};

typedef void row_visitor(struct act *act, int64_t id, int64_t value);

static struct total act_scan(struct act *act, enum sim_table table, row_visitor *visit) {
    struct total total = {0};
    if (act->status != STATUS_OK) return total;
    struct buffer ranges = buffer_of(&act->client->arena);
    pack_range(&ranges, &(struct pack_range){.flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE});
    struct scan_spec spec = {.table = act->tables[table],
                             .position_kind = POSITION_RANGES,
                             .positions = buffer_slice(&ranges),
                             .position_count = 1,
                             .order = SCAN_INDEX_ORDER};
    struct scan *scan;
    act->status = scan_open(act->txn, &spec, &act->client->arena, &scan);
    if (act->status != STATUS_OK) return total;
    struct scan_batch batch;
    enum status status;
    int64_t last = INT64_MIN;
    while ((status = scan_next(scan, &batch)) == STATUS_OK) {
        for (uint32_t i = 0; i < batch.count; i++) {
            int64_t id = row_number(act, table, batch.rows[i].bytes, 0);
            int64_t value = row_number(act, table, batch.rows[i].bytes, 1);
            if (id <= last) {
                history_violation(act->client->options.history, "scan of %s gives %ld after %ld",
                                  table_names[table], (long)id, (long)last);
            }
            last = id;
            total.count++;
            total.sum += value;
            if (visit != NULL) visit(act, id, value);
        }
    }
    scan_close(scan);
    act->status = status == STATUS_END ? STATUS_OK : status;
    return total;
}

/* ---- actions ---- */

static const struct txn_options autocommit = {.isolation = ISOLATION_REPEATABLE_READ,
                                              .kind = TXN_AUTOCOMMIT};
static const struct txn_options repeatable = {.isolation = ISOLATION_REPEATABLE_READ};
static const struct txn_options committed = {.isolation = ISOLATION_READ_COMMITTED};

static int64_t ledger_value(int64_t id) { return id * 7 + 1; }

static void insert_rows(struct workload_client *client, uint32_t count) {
    struct history *history = client->options.history;
    CHECK(count <= INSERT_ROWS_MAX);
    if (history->ledger_count + count >= HISTORY_LEDGER_MAX) return;
    struct act act;
    if (!act_open(&act, client, count == 1 ? &autocommit : &repeatable)) return;
    uint32_t first = history->ledger_count;
    history->ledger_count += count;
    struct row_write writes[INSERT_ROWS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        int64_t id = first + i;
        history->ledger[id] = FATE_TRYING; /* (L1) */
        writes[i] = (struct row_write){.kind = ROW_INSERT,
                                       .row = row_of(&act, LEDGER, id, ledger_value(id))};
    }
    act_write(&act, LEDGER, writes, count, count == 1 ? WRITE_WHOLE_STATEMENT : WRITE_PART);
    enum fate fate = act_close(&act);
    for (uint32_t i = 0; i < count; i++) history->ledger[first + i] = (uint8_t)fate;
}

/* One to four new rows: alone in an autocommit statement, or in a transaction over several shards. */
static void insert_ledger(struct workload_client *client) {
    insert_rows(client, (uint32_t)random_range(&client->random, 1, 4));
}

static void transfer(struct workload_client *client) {
    int64_t from = (int64_t)random_below(&client->random, HISTORY_ACCOUNTS);
    int64_t to = (from + 1 + (int64_t)random_below(&client->random, HISTORY_ACCOUNTS - 1)) %
                 HISTORY_ACCOUNTS;
    int64_t amount = (int64_t)random_range(&client->random, 1, 20);
    struct act act;
    if (!act_open(&act, client, random_chance(&client->random, 0.5) ? &repeatable : &committed)) {
        return;
    }
    struct found a = act_read(&act, ACCOUNT, from, LOCK_EXCLUSIVE, SCAN_PART);
    struct found b = act_read(&act, ACCOUNT, to, LOCK_EXCLUSIVE, SCAN_PART);
    if (act.status == STATUS_OK && (a.row.size == 0 || b.row.size == 0)) {
        act.status = STATUS_NOT_FOUND;
    }
    if (act.status == STATUS_OK) {
        struct row_write writes[2] = {
            {ROW_UPDATE, row_of(&act, ACCOUNT, from, a.value - amount), a.row},
            {ROW_UPDATE, row_of(&act, ACCOUNT, to, b.value + amount), b.row}};
        txn_begin_statement(act.txn);
        act_write(&act, ACCOUNT, writes, 2, WRITE_PART);
    }
    act_close(&act);
}

static void increment(struct workload_client *client) {
    struct history *history = client->options.history;
    int64_t id = (int64_t)random_below(&client->random, HISTORY_COUNTERS);
    struct act act;
    if (!act_open(&act, client, &repeatable)) return;
    struct found have = act_read(&act, COUNTER, id, LOCK_EXCLUSIVE, SCAN_PART);
    if (act.status == STATUS_OK && have.row.size == 0) act.status = STATUS_NOT_FOUND;
    if (act.status != STATUS_OK) {
        act_close(&act);
        return;
    }
    struct row_write write = {ROW_UPDATE, row_of(&act, COUNTER, id, have.value + 1), have.row};
    struct history_counter *counter = &history->counters[id];
    counter->attempted++; /* (L1) */
    counter->unknown++;
    act_write(&act, COUNTER, &write, 1, WRITE_PART);
    enum fate fate = act_close(&act);
    if (fate == FATE_UNKNOWN) return;
    counter->unknown--;
    counter->acked += fate == FATE_DONE;
    counter->attempted -= fate == FATE_ABSENT;
}

/* (H3). `attempted` only falls when an attempt is known to be absent, so the bound at the end may be too small by those that were
 * undecided at some moment of the read: the highest of the two ends counts. */
static void read_counter_of(struct workload_client *client, int64_t id,
                            const struct txn_options *options) {
    struct history *history = client->options.history;
    struct act act;
    if (!act_open(&act, client, options)) return;
    uint64_t least = history->counters[id].acked;
    struct found have = act_read(&act, COUNTER, id, LOCK_NONE, SCAN_WHOLE_STATEMENT);
    bool is_read = act.status == STATUS_OK && have.row.size > 0;
    if (is_read && (uint64_t)have.value < least) {
        history_violation(history, "stale: counter %ld is %ld after %lu were acknowledged",
                          (long)id, (long)have.value, (unsigned long)least);
    }
    history->reads += is_read;
    act_close(&act);
}

static void read_counter(struct workload_client *client) {
    int64_t id = (int64_t)random_below(&client->random, HISTORY_COUNTERS);
    read_counter_of(client, id, random_chance(&client->random, 0.7) ? &autocommit : &repeatable);
}

/* Nothing else, so that a client whose daemon sees few shards goes on for as long as the counter's shard answers. */
static void watch_counter(struct workload_client *client) {
    read_counter_of(client, (int64_t)(client->options.seed % HISTORY_COUNTERS), &autocommit);
}

static void read_ledger(struct workload_client *client) {
    struct history *history = client->options.history;
    if (history->ledger_count == 0) return;
    int64_t id = (int64_t)random_below(&client->random, history->ledger_count);
    struct act act;
    if (!act_open(&act, client, &autocommit)) return;
    enum fate before = (enum fate)history->ledger[id];
    struct found have = act_read(&act, LEDGER, id, LOCK_NONE, SCAN_WHOLE_STATEMENT);
    if (act.status == STATUS_OK) {
        history->reads++;
        if (before == FATE_DONE && have.row.size == 0) {
            history_violation(history, "ledger %ld was acknowledged and is not there", (long)id);
        }
        if (before == FATE_ABSENT && have.row.size > 0) {
            history_violation(history, "ledger %ld was aborted and is there", (long)id);
        }
        if (have.row.size > 0 && have.value != ledger_value(id)) {
            history_violation(history, "ledger %ld has value %ld", (long)id, (long)have.value);
        }
    }
    act_close(&act);
}

/* (H2), twice in one transaction: the same rows both times. */
static void sum_accounts(struct workload_client *client) {
    struct history *history = client->options.history;
    struct act act;
    if (!act_open(&act, client, &repeatable)) return;
    struct total first = act_scan(&act, ACCOUNT, NULL);
    txn_begin_statement(act.txn);
    struct total second = act_scan(&act, ACCOUNT, NULL);
    bool is_read = act.status == STATUS_OK && first.count > 0;
    if (is_read && (first.count != HISTORY_ACCOUNTS ||
                    first.sum != HISTORY_ACCOUNTS * HISTORY_ACCOUNT_START)) {
        history_violation(history, "a snapshot of %lu accounts sums to %ld",
                          (unsigned long)first.count, (long)first.sum);
    }
    if (is_read && (second.count != first.count || second.sum != first.sum)) {
        history_violation(history, "a snapshot changed: %ld, then %ld", (long)first.sum,
                          (long)second.sum);
    }
    history->snapshots += is_read;
    act_close(&act);
}

/* ---- making tables and first rows ---- */

static const struct table_definition *definition_of(struct arena *arena, const char *name) {
    struct table_definition *table = arena_new(arena, struct table_definition);
    struct column_definition *columns =
        arena_alloc_zeroed(arena, 2 * sizeof(struct column_definition));
    static const char *const names[] = {"id", "value"};
    for (uint32_t i = 0; i < 2; i++) {
        columns[i].name = slice_of_text(names[i]);
        columns[i].type = column_type_bigint(COLUMN_NOT_NULL);
        columns[i].default_value = columns[i].absent_value = value_null();
    }
    struct index_part *part = arena_new(arena, struct index_part);
    struct index_definition *index = arena_new(arena, struct index_definition);
    *index = (struct index_definition){
        .name = SLICE_LITERAL("PRIMARY"), .kind = INDEX_PRIMARY, .part_count = 1, .parts = part};
    *table = (struct table_definition){.database = database,
                                       .name = slice_of_text(name),
                                       .collation = 255,
                                       .column_count = 2,
                                       .index_count = 1,
                                       .partition_part_count = 1,
                                       .columns = columns,
                                       .indexes = index};
    return table;
}

static void make_tables(struct workload_client *client) {
    struct ddl_change change = {
        .kind = DDL_CREATE_DATABASE, .database = database, .object = database};
    client->is_busy = true;
    enum status status = cluster_ddl(client->options.cluster, &client->waiter, &change);
    for (uint32_t i = 0; i < SIM_TABLE_COUNT; i++) {
        if (status != STATUS_OK && status != STATUS_DUPLICATE) break;
        struct schema *schema = schema_hold(client->options.cluster);
        uint32_t version = schema_version(schema);
        schema_release(client->options.cluster, schema);
        change = (struct ddl_change){.kind = DDL_CREATE_TABLE,
                                     .database = database,
                                     .name = slice_of_text(table_names[i]),
                                     .definition = definition_of(&client->arena, table_names[i]),
                                     .based_on = version};
        status = cluster_ddl(client->options.cluster, &client->waiter, &change);
    }
    arena_reset(&client->arena);
    client->is_busy = false;
}

static bool tables_exist(struct workload_client *client) {
    struct schema *schema = schema_hold(client->options.cluster);
    bool exist = true;
    for (uint32_t i = 0; i < SIM_TABLE_COUNT; i++) {
        exist = exist && schema_table(schema, database, slice_of_text(table_names[i])) != NULL;
    }
    schema_release(client->options.cluster, schema);
    return exist;
}

/* All first rows in one transaction: there are all or none, whoever dies. */
static void make_rows(struct workload_client *client) {
    struct act act;
    if (!act_open(&act, client, &repeatable)) return;
    struct row_write accounts[HISTORY_ACCOUNTS], counters[HISTORY_COUNTERS];
    for (int64_t i = 0; i < HISTORY_ACCOUNTS; i++) {
        accounts[i] = (struct row_write){.kind = ROW_INSERT,
                                         .row = row_of(&act, ACCOUNT, i, HISTORY_ACCOUNT_START)};
    }
    for (int64_t i = 0; i < HISTORY_COUNTERS; i++) {
        counters[i] = (struct row_write){.kind = ROW_INSERT, .row = row_of(&act, COUNTER, i, 0)};
    }
    act_write(&act, ACCOUNT, accounts, HISTORY_ACCOUNTS, WRITE_PART);
    act_write(&act, COUNTER, counters, HISTORY_COUNTERS, WRITE_PART);
    bool is_there = act.status == STATUS_DUPLICATE;
    client->is_rich = act_close(&act) == FATE_DONE || is_there;
    if (is_there) return;
    for (uint32_t i = 0; i < client->options.first_rows; i += INSERT_ROWS_MAX)
        insert_rows(client, INSERT_ROWS_MAX);
}

/* ---- the audit ---- */

static void audit_ledger_row(struct act *act, int64_t id, int64_t value) {
    struct history *history = act->client->options.history;
    if (id < 0 || id >= history->ledger_count || history->ledger[id] == FATE_NONE) {
        history_violation(history, "audit: ledger %ld was never inserted", (long)id);
    } else if (history->ledger[id] == FATE_ABSENT) {
        history_violation(history, "audit: ledger %ld was aborted and is there", (long)id);
    } else if (value != ledger_value(id)) {
        history_violation(history, "audit: ledger %ld has value %ld", (long)id, (long)value);
    } else {
        act->is_seen[id] = true;
    }
}

/* (H4) */
static void audit_counter(struct act *act, int64_t id, int64_t value) {
    struct history *history = act->client->options.history;
    if (id < 0 || id >= HISTORY_COUNTERS) {
        history_violation(history, "audit: there is a counter %ld", (long)id);
        return;
    }
    const struct history_counter *counter = &history->counters[id];
    bool is_right =
        (uint64_t)value >= counter->acked && (uint64_t)value <= counter->acked + counter->unknown;
    if (is_right) return;
    history_violation(history, "audit: counter %ld is %ld, acknowledged %lu, unknown %lu", (long)id,
                      (long)value, (unsigned long)counter->acked, (unsigned long)counter->unknown);
}

/* (H1): what was acknowledged and the scan has not shown is missing. Some are looked for by their keys, too. */
static void audit_presence(struct act *act) {
    struct history *history = act->client->options.history;
    for (uint32_t id = 0; id < history->ledger_count && act->status == STATUS_OK; id++) {
        if (history->ledger[id] != FATE_DONE) continue;
        if (!act->is_seen[id]) {
            history_violation(history, "audit: ledger %u was acknowledged and no scan shows it",
                              id);
        }
        if (!random_chance(&act->client->random, 0.1)) continue;
        struct found have = act_read(act, LEDGER, id, LOCK_NONE, SCAN_PART);
        if (act->status == STATUS_OK && have.row.size == 0) {
            history_violation(history, "audit: ledger %u was acknowledged and is lost", id);
        }
    }
}

static void audit(struct workload_client *client) {
    struct history *history = client->options.history;
    struct act act;
    if (!act_open(&act, client, &repeatable)) {
        if (history->commits == 0) *client->options.is_audited = true;
        return;
    }
    act.is_seen = arena_alloc_zeroed(&client->arena, history->ledger_count + 1);
    act_scan(&act, LEDGER, audit_ledger_row);
    act_scan(&act, COUNTER, audit_counter);
    struct total total = act_scan(&act, ACCOUNT, NULL);
    bool is_sound = total.count == 0 || (total.count == HISTORY_ACCOUNTS &&
                                         total.sum == HISTORY_ACCOUNTS * HISTORY_ACCOUNT_START);
    if (act.status == STATUS_OK && !is_sound) {
        history_violation(history, "audit: %lu accounts sum to %ld", (unsigned long)total.count,
                          (long)total.sum);
    }
    audit_presence(&act);
    bool is_done = act.status == STATUS_OK;
    act_close(&act);
    *client->options.is_audited = is_done;
}

/* ---- the client ---- */

static void rest(struct workload_client *client, uint64_t us) {
    uint64_t until = client->waiter.now_us + us;
    while (client->waiter.now_us < until) {
        client->waiter.deadline_us = until;
        if (waiter_wait(&client->waiter, WAIT_DEADLINE) == WAIT_CANCELLED) return;
    }
}

static void act_by_chance(struct workload_client *client) {
    static void (*const actions[])(struct workload_client * client) = {
        insert_ledger, insert_ledger, insert_ledger, transfer,    transfer,    increment,
        increment,     read_counter,  read_counter,  read_ledger, read_ledger, sum_accounts,
    };
    actions[random_below(&client->random, ARRAY_COUNT(actions))](client);
}

static void client_turn(struct workload_client *client) {
    const struct workload_options *options = &client->options;
    enum status ready = cluster_wait_ready(options->cluster, &client->waiter, READY_US);
    if (ready != STATUS_OK) {
        options->history->refusals++;
        rest(client, 1000);
        return;
    }
    if (*options->phase == WORKLOAD_AUDIT && options->audits && !*options->is_audited) {
        audit(client);
    } else if (*options->phase == WORKLOAD_WATCH && tables_exist(client)) {
        watch_counter(client);
    } else if (*options->phase != WORKLOAD_BUSY) {
        rest(client, 50000);
    } else if (!tables_exist(client)) {
        if (options->makes_tables) make_tables(client);
    } else if (!client->is_rich && options->makes_tables) {
        make_rows(client);
    } else {
        act_by_chance(client);
    }
}

static void client_run(struct fiber *fiber, void *argument) {
    (void)fiber;
    struct workload_client *client = argument;
    for (;;) {
        client_turn(client);
        rest(client, random_below(&client->random, PAUSE_US_MAX));
    }
}

void workload_open(struct workload_client *client, const struct workload_options *options) {
    *client = (struct workload_client){.options = *options};
    random_open(&client->random, options->seed);
    arena_open(&client->arena, options->source, 0);
    client->stack = options->source->take(options->source, FIBER_STACK_BYTES);
    fiber_open(&client->fiber, client->stack, FIBER_STACK_BYTES, client_run, client);
    waiter_open(&client->waiter, options->queue, &client->fiber);
    waiter_wake(&client->waiter);
}

void workload_forget(struct workload_client *client) {
    waiter_close(&client->waiter);
    if (fiber_is_live(&client->fiber)) fiber_abandon(&client->fiber);
}
