/* table_lock.c: LOCK TABLES and FLUSH TABLES WITH READ LOCK, for all SQL daemons of the cluster.
 *
 *   LOCK TABLES: (mutex) nobody else's lock is in the way --> claimed --> sealed --> settled (mutex given back)
 *
 * What a session has locked is an object of the dictionary, so every daemon knows it in the version that it plans with, and
 * a statement that meets no lock at all pays a comparison of two numbers. Who meets another's lock gives its version away and
 * waits for a newer one, for at most lock_wait_timeout.
 *
 *   (TL1) A change of the dictionary passes no version that a statement holds (V3), so each of the three changes waits for the
 *         statements that began before the last but one. When `sealed` returns, no statement runs that has not seen the claim;
 *         when `settled` returns, no COMMIT runs that has not seen the seal.
 *   (TL2) Claimed locks stop new statements, sealed ones also the COMMIT of a transaction that has written the table; until the
 *         seal it may end, or it would wait for us and we for a statement that waits for its row.
 *   (TL3) One LOCK TABLES at a time takes its locks, by a named lock of the system shard.
 *   (TL4) A lock whose daemon's incarnation is over is none.
 *   (TL5) A transaction whose COMMIT waits keeps its row locks: where MySQL would not have given the table lock yet, the holder
 *         may meet them (docs/MYSQL.md, Differences).
 */
#include "sql/ddl.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"

#define WAIT_STEP_US  20000
#define MUTEX_NAME    SLICE_LITERAL("#table locks")
#define MUTEX_WAIT_MS 60000
#define OBJECT_PREFIX SLICE_LITERAL("tablelock/")

enum lock_stage { LOCK_CLAIMED, LOCK_SEALED };

/* One entry of an object: | mode | database | table |, behind incarnation and stage. */
struct table_lock {
    struct table_lock *next;
    uint32_t incarnation;
    uint64_t session_id;
    uint8_t mode, stage;
    struct slice database, table; /* empty: all */
};

/* ---- what the dictionary has ---- */

static void decode(struct slice bytes, struct arena *arena, struct table_lock **list) {
    struct reader reader = reader_of(arena_copy(arena, bytes));
    uint32_t incarnation = reader_u32(&reader);
    uint64_t session_id = reader_u64(&reader);
    uint8_t stage = reader_u8(&reader);
    while (!reader.failed && reader_left(&reader) > 0) {
        struct table_lock *lock = arena_new(arena, struct table_lock);
        *lock = (struct table_lock){.next = *list,
                                    .incarnation = incarnation,
                                    .session_id = session_id,
                                    .mode = reader_u8(&reader),
                                    .stage = stage};
        lock->database = reader_slice(&reader);
        lock->table = reader_slice(&reader);
        if (!reader.failed) *list = lock;
    }
}

/* Of the version that the statement holds; kept until another one is asked for. */
static const struct table_lock *locks_of(struct session *session) {
    struct table_lock_list *list = &session->server->table_locks;
    uint32_t version = schema_version(session->schema);
    if (list->version == version) return list->first;
    struct schema_cursor cursor = {0};
    struct slice name, bytes;
    struct table_lock *first = NULL;
    const struct slice prefix = OBJECT_PREFIX;
    if (list->arena.used_bytes > 0) arena_reset(&list->arena);
    while (schema_next_object(session->schema, SYSTEM_DATABASE, &cursor, &name, &bytes))
        if (slice_equal(slice_part(name, 0, MIN(prefix.size, name.size)), prefix))
            decode(bytes, &list->arena, &first);
    list->version = version;
    list->first = first;
    return first;
}

static bool is_own(struct session *session, const struct table_lock *lock) {
    return lock->session_id == session->id &&
           lock->incarnation == cluster_incarnation(session_cluster(session));
}

static bool is_over(struct session *session, const struct table_lock *lock) { /* (TL4) */
    return cluster_incarnation_is_over(session_cluster(session), lock->incarnation);
}

static bool covers(const struct table_lock *lock, struct slice database, struct slice table) {
    if (lock->mode == TABLE_LOCK_ALL_READ) return true;
    return slice_equal(lock->database, database) && slice_equal(lock->table, table);
}

/* Is another's lock in the way of reading, or writing, the table? */
static bool is_blocked(struct session *session, const struct table_access *access) {
    for (const struct table_lock *lock = locks_of(session); lock != NULL; lock = lock->next) {
        bool matters = access->mode == TABLE_LOCK_WRITE || lock->mode == TABLE_LOCK_WRITE;
        if (!matters || lock->stage < access->stage_min) continue;
        if (!covers(lock, access->database, access->table)) continue;
        if (!is_own(session, lock) && !is_over(session, lock)) return true;
    }
    return false;
}

/* ---- waiting ---- */

static enum status wait_step(struct session *session) {
    struct waiter *waiter = session->waiter;
    uint64_t before = waiter->deadline_us;
    schema_release(session_cluster(session), session->schema);
    session->schema = NULL;
    waiter->deadline_us = MIN(before, waiter->now_us + WAIT_STEP_US);
    enum wait_result result = waiter_wait(waiter, WAIT_DEADLINE);
    waiter->deadline_us = before;
    session->schema = schema_hold(session_cluster(session));
    return result == WAIT_WOKEN ? STATUS_OK : STATUS_CANCELLED;
}

/* OLD_SCHEMA: it is free now, but whoever looked at the dictionary before has to look again. */
static enum status wait_for(struct session *session, const struct table_access *access) {
    uint64_t since_us = session->waiter->now_us;
    uint64_t limit_us = (uint64_t)session->settings.table_lock_wait_s * 1000000;
    if (!is_blocked(session, access)) return STATUS_OK;
    while (is_blocked(session, access)) {
        if (session->waiter->now_us - since_us >= limit_us)
            return diagnostics_error(&session->diagnostics, ER_LOCK_WAIT_TIMEOUT);
        if (wait_step(session) != STATUS_OK)
            return diagnostics_status(&session->diagnostics, STATUS_CANCELLED);
    }
    return STATUS_OLD_SCHEMA;
}

/* ---- what statements ask ---- */

/* A session with locks may use what it has locked, as it has locked it. */
static enum status check_own(struct session *session, const struct table_access *access) {
    struct diagnostics *diagnostics = &session->diagnostics;
    const char *name = arena_text(&session->statement_arena, access->table);
    bool writes = access->mode == TABLE_LOCK_WRITE;
    if (session->has_read_lock)
        return writes ? diagnostics_error(diagnostics, ER_CANT_UPDATE_WITH_READLOCK) : STATUS_OK;
    if (!session->has_table_locks) return STATUS_OK;
    uint8_t found = 0;
    for (const struct table_lock *lock = locks_of(session); lock != NULL; lock = lock->next) {
        bool is_it = is_own(session, lock) && covers(lock, access->database, access->table);
        if (is_it) found = MAX(found, lock->mode);
    }
    if (found == 0) return diagnostics_error(diagnostics, ER_TABLE_NOT_LOCKED, name);
    if (writes && found != TABLE_LOCK_WRITE)
        return diagnostics_error(diagnostics, ER_TABLE_NOT_LOCKED_FOR_WRITE, name);
    return STATUS_OK;
}

enum status table_lock_pass(struct session *session, const struct table_access *access) {
    bool is_table = !catalog_is_virtual(access->database) &&
                    !slice_equal(access->database, SYSTEM_DATABASE) &&
                    !(access->database.size > 0 && access->database.data[0] == '#');
    if (!is_table || locks_of(session) == NULL) return STATUS_OK;
    enum status status = check_own(session, access);
    if (status != STATUS_OK) return status;
    return wait_for(session, access);
}

enum status table_lock_pass_accesses(struct session *session, const struct bound_statement *bound) {
    const uint32_t changes = NEED_INSERT | NEED_UPDATE | NEED_DELETE;
    if (locks_of(session) == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < bound->access_count; i++) {
        const struct bound_access *need = &bound->accesses[i];
        const struct table_access access = {.database = need->schema,
                                            .table = need->table,
                                            .mode = need->privileges & changes ? TABLE_LOCK_WRITE
                                                                               : TABLE_LOCK_READ};
        enum status status = table_lock_pass(session, &access);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

void table_lock_note_written(struct session *session, const struct bound_statement *bound) {
    struct transaction *transaction = &session->transaction;
    const uint32_t changes = NEED_INSERT | NEED_UPDATE | NEED_DELETE;
    for (uint32_t i = 0; i < bound->access_count; i++) {
        const struct bound_access *need = &bound->accesses[i];
        if ((need->privileges & changes) == 0) continue;
        struct written_table *at = transaction->written;
        while (at != NULL &&
               !(slice_equal(at->database, need->schema) && slice_equal(at->table, need->table)))
            at = at->next;
        if (at != NULL) continue;
        at = arena_new(&transaction->arena, struct written_table);
        *at = (struct written_table){transaction->written,
                                     arena_copy(&transaction->arena, need->schema),
                                     arena_copy(&transaction->arena, need->table)};
        transaction->written = at;
    }
}

enum status table_lock_pass_commit(struct session *session) { /* (TL2) */
    const struct written_table *written = session->transaction.written;
    if (written == NULL || session->schema == NULL) return STATUS_OK;
    if (locks_of(session) == NULL) return STATUS_OK;
    for (; written != NULL; written = written->next) {
        const struct table_access access = {.database = written->database,
                                            .table = written->table,
                                            .mode = TABLE_LOCK_WRITE,
                                            .stage_min = LOCK_SEALED};
        enum status status = wait_for(session, &access);
        if (status != STATUS_OK && status != STATUS_OLD_SCHEMA) return status;
    }
    return STATUS_OK;
}

static enum status pass_names(struct session *session, const struct ast_names *names) {
    for (uint32_t i = 0; i < names->count; i++) {
        struct table_access access = {.table = names->items[i].object, .mode = TABLE_LOCK_WRITE};
        access.database =
            names->items[i].schema.size > 0 ? names->items[i].schema : session_database(session);
        enum status status = table_lock_pass(session, &access);
        if (status != STATUS_OK && status != STATUS_OLD_SCHEMA) return status;
    }
    return STATUS_OK;
}

static enum status pass_name(struct session *session, const struct ast_name *name) {
    struct ast_name copy = *name;
    const struct ast_names one = {.items = &copy, .count = 1};
    return pass_names(session, &one);
}

enum status table_lock_pass_ddl(struct session *session, const struct ast_statement *statement) {
    if (locks_of(session) == NULL) return STATUS_OK;
    switch ((int)statement->kind) {
    case AST_ALTER_TABLE: return pass_name(session, &statement->alter_table->table);
    case AST_CREATE_INDEX: return pass_name(session, &statement->create_index->table);
    case AST_DROP_INDEX: return pass_name(session, &statement->drop_index->table);
    case AST_DROP_TABLE:
    case AST_TRUNCATE: return pass_names(session, &statement->drop->names);
    case AST_RENAME_TABLE: return pass_names(session, &statement->rename->from);
    }
    return STATUS_OK;
}

/* ---- taking and giving ---- */

static struct slice object_name(struct session *session) {
    return slice_of_text(arena_printf(&session->statement_arena, "tablelock/%u-%llu",
                                      cluster_incarnation(session_cluster(session)),
                                      (unsigned long long)session->id));
}

static enum status put(struct session *session, const struct table_access *accesses, uint32_t count,
                       enum lock_stage stage) {
    size_t size = 13;
    for (uint32_t i = 0; i < count; i++)
        size += 21 + accesses[i].database.size + accesses[i].table.size;
    struct writer writer = writer_of(arena_alloc(&session->statement_arena, size), size);
    writer_u32(&writer, cluster_incarnation(session_cluster(session)));
    writer_u64(&writer, session->id);
    writer_u8(&writer, (uint8_t)stage);
    for (uint32_t i = 0; i < count; i++) {
        writer_u8(&writer, (uint8_t)accesses[i].mode);
        writer_slice(&writer, accesses[i].database);
        writer_slice(&writer, accesses[i].table);
    }
    CHECK(!writer.failed);
    struct ddl_change change = {.kind = DDL_PUT_OBJECT,
                                .database = SYSTEM_DATABASE,
                                .name = object_name(session),
                                .object = writer_written(&writer)};
    return ddl_send(session, &change);
}

static enum status mutex(struct session *session, enum named_lock_kind kind) { /* (TL3) */
    uint64_t holder;
    const struct named_lock_request request = {.kind = kind,
                                               .owner = named_lock_owner(session),
                                               .wait_ms = MUTEX_WAIT_MS,
                                               .name = MUTEX_NAME};
    struct cluster *cluster = session_cluster(session);
    if (session->schema != NULL) schema_release(cluster, session->schema);
    session->schema = NULL;
    enum status status = cluster_named_lock(cluster, session->waiter, &request, &holder);
    session->schema = schema_hold(cluster);
    return status;
}

/* With the mutex: is nobody's lock in the way of all of these? */
static bool may_take(struct session *session, const struct table_access *accesses, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (accesses[i].mode != TABLE_LOCK_ALL_READ && is_blocked(session, &accesses[i]))
            return false;
        for (const struct table_lock *lock = locks_of(session); lock != NULL; lock = lock->next) {
            bool is_conflict = accesses[i].mode == TABLE_LOCK_ALL_READ &&
                               lock->mode == TABLE_LOCK_WRITE && !is_own(session, lock) &&
                               !is_over(session, lock);
            if (is_conflict) return false;
        }
    }
    return true;
}

static enum status take(struct session *session, const struct table_access *accesses,
                        uint32_t count) {
    enum status status = put(session, accesses, count, LOCK_CLAIMED);
    session->has_table_locks = status == STATUS_OK;
    for (int i = 0; i < 2 && status == STATUS_OK; i++) /* (TL1) */
        status = put(session, accesses, count, LOCK_SEALED);
    return status;
}

static enum status lock_all(struct session *session, const struct table_access *accesses,
                            uint32_t count) {
    uint64_t since_us = session->waiter->now_us;
    uint64_t limit_us = (uint64_t)session->settings.table_lock_wait_s * 1000000;
    for (;;) {
        enum status status = mutex(session, NAMED_LOCK_GET);
        if (status != STATUS_OK) return diagnostics_status(&session->diagnostics, status);
        bool may = may_take(session, accesses, count);
        if (may) status = take(session, accesses, count);
        enum status given = mutex(session, NAMED_LOCK_RELEASE);
        (void)given; /* it is lost with the shard's primary, which is as good */
        if (status != STATUS_OK) return diagnostics_status(&session->diagnostics, status);
        if (may) return STATUS_OK;
        if (session->waiter->now_us - since_us >= limit_us)
            return diagnostics_error(&session->diagnostics, ER_LOCK_WAIT_TIMEOUT);
        if (wait_step(session) != STATUS_OK)
            return diagnostics_status(&session->diagnostics, STATUS_CANCELLED);
    }
}

enum status table_lock_release(struct session *session) {
    if (!session->has_table_locks) return STATUS_OK;
    bool holds = session->schema != NULL;
    if (!holds) session->schema = schema_hold(session_cluster(session));
    struct ddl_change change = {
        .kind = DDL_DROP_OBJECT, .database = SYSTEM_DATABASE, .name = object_name(session)};
    enum status status = ddl_send(session, &change);
    if (!holds) {
        schema_release(session_cluster(session), session->schema);
        session->schema = NULL;
    }
    session->has_table_locks = session->has_read_lock = 0;
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) return STATUS_OK;
    session->must_close = 1; /* nobody may believe that it is still there */
    return diagnostics_status(&session->diagnostics, status);
}

/* ---- the statements ---- */

/* Tables that the server makes up never change under a reader. */
static enum status access_virtual(struct session *session, const struct ast_table_lock *ast,
                                  struct slice database, struct table_access *out) {
    *out = (struct table_access){.database = database, .mode = TABLE_LOCK_READ};
    if (!ast->is_write) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_DBACCESS_DENIED_ERROR,
                             arena_text(&session->statement_arena, session->account_user),
                             arena_text(&session->statement_arena, session->account_host),
                             arena_text(&session->statement_arena, database));
}

static enum status access_of(struct session *session, const struct ast_table_lock *ast,
                             struct table_access *out) {
    const struct table *table;
    struct slice database;
    enum status status = catalog_database(session, ast->table.schema, &database);
    if (status != STATUS_OK) return status;
    if (info_schema_find(session->server->info, database, ast->table.object) != NULL)
        return access_virtual(session, ast, database, out);
    status = catalog_table(session, &ast->table, &table);
    if (status != STATUS_OK) return status;
    struct arena *arena = &session->statement_arena;
    *out = (struct table_access){.database = arena_copy(arena, table->definition->database),
                                 .table = arena_copy(arena, table->definition->name),
                                 .mode = ast->is_write ? TABLE_LOCK_WRITE : TABLE_LOCK_READ};
    status = privilege_check_database(session, PRIVILEGE(LOCK_TABLES), out->database);
    if (status != STATUS_OK) return status;
    return privilege_check_table(session, PRIVILEGE(SELECT), out->database, out->table);
}

enum status lock_tables_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_lock_tables *list = statement->lock_tables;
    struct table_access *accesses =
        arena_array(&session->statement_arena, struct table_access, list->count);
    if (session->has_read_lock && session->has_table_locks) {
        for (uint32_t i = 0; i < list->count; i++)
            if (list->items[i].is_write)
                return diagnostics_error(&session->diagnostics, ER_CANT_UPDATE_WITH_READLOCK);
    }
    enum status status = table_lock_release(session);
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = access_of(session, &list->items[i], &accesses[i]);
    return status == STATUS_OK ? lock_all(session, accesses, list->count) : status;
}

enum status table_lock_all_read(struct session *session) {
    const struct table_access all = {.mode = TABLE_LOCK_ALL_READ};
    enum status status = table_lock_release(session);
    if (status == STATUS_OK) status = lock_all(session, &all, 1);
    session->has_read_lock = status == STATUS_OK;
    return status;
}

enum status unlock_tables_run(struct session *session, const struct ast_statement *statement) {
    (void)statement;
    if (!session->has_table_locks) return STATUS_OK;
    enum status status =
        session->has_read_lock ? STATUS_OK : transaction_commit_implicitly(session);
    return status == STATUS_OK ? table_lock_release(session) : status;
}
