/* config_store.c: meta's four operations on one SQLite database.
 *
 * The tables: pair(key, value, revision), where revision is that of the pair's last change, and
 * store(revision), the number of changes there ever were. A CHANGE is one transaction: all expected
 * revisions are compared, then all values set, then the store's revision raised by one.
 *
 *   (S1) OK is answered after COMMIT, which SQLite syncs (synchronous=FULL).
 *   (S2) A watcher hears of all changes in the order of commits, of its own ones, too.
 *   (S3) Nobody else opens the database while we have it (locking_mode=EXCLUSIVE), so watches see
 *        everything and a lease is ours for as long as we run.
 *   (S4) Removed pairs stay as rows with an empty value: a watch from an earlier revision hears of
 *        them. There are a few for each object that ever was: no need to collect them.
 */
#include "io/config_store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "io/file.h"

enum { WATCHES_MAX = 16 };

enum { QUERY_PREFIX, QUERY_REVISION_OF, QUERY_PUT, QUERY_REVISION, QUERY_RAISE, QUERY_COUNT };

static const char *const query_texts[QUERY_COUNT] = {
    [QUERY_PREFIX] =
        "SELECT key, value, revision FROM pair WHERE substr(key, 1, length(?1)) = ?1 AND "
        "revision >= ?2 ORDER BY key",
    [QUERY_REVISION_OF] = "SELECT revision, length(value) FROM pair WHERE key = ?1",
    [QUERY_PUT] = "INSERT INTO pair(key, value, revision) VALUES(?1, ?2, ?3) ON CONFLICT(key) DO "
                  "UPDATE SET value = ?2, revision = ?3",
    [QUERY_REVISION] = "SELECT revision FROM store",
    [QUERY_RAISE] = "UPDATE store SET revision = ?1",
};

struct config_store {
    struct mailbox requests, finished;
    struct loop_watch watch;
    struct config_job stop;
    pthread_t thread;
    sqlite3 *database;
    /* The thread's own from here on. */
    sqlite3_stmt *queries[QUERY_COUNT];
    struct config_job *watches[WATCHES_MAX];
    uint32_t watch_count;
    uint64_t revision;
};

/* What travels back: the pairs and their bytes are behind it. */
struct config_answer {
    struct mail mail;
    struct config_job *job;
    enum status status;
    uint64_t revision;
    struct config_pair *pairs;
    uint8_t *bytes;
    uint32_t pair_count, pair_capacity;
    size_t byte_count, byte_capacity;
};

static struct config_answer *answer_open(struct config_store *store, struct config_job *job) {
    struct config_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL) die("no memory for the configuration store");
    answer->job = job;
    answer->revision = store->revision;
    return answer;
}

static void answer_free(struct config_answer *answer) {
    free(answer->pairs);
    free(answer->bytes);
    free(answer);
}

static void *grown(void *memory, size_t size) {
    void *larger = realloc(memory, size);
    if (larger == NULL) die("no memory for the configuration store");
    return larger;
}

static size_t answer_add_bytes(struct config_answer *answer, struct slice bytes) {
    size_t at = answer->byte_count;
    if (answer->byte_capacity - at < bytes.size) {
        answer->byte_capacity = MAX(4096, 2 * (at + bytes.size));
        answer->bytes = grown(answer->bytes, answer->byte_capacity);
    }
    if (bytes.size > 0) memcpy(answer->bytes + at, bytes.data, bytes.size);
    answer->byte_count += bytes.size;
    return at;
}

/* Until answer_post the slices' data are offsets: the bytes may move. */
static void answer_add(struct config_answer *answer, const struct config_pair *pair) {
    if (answer->pair_count == answer->pair_capacity) {
        answer->pair_capacity = MAX(8, 2 * answer->pair_capacity);
        answer->pairs = grown(answer->pairs, answer->pair_capacity * sizeof *answer->pairs);
    }
    size_t key_at = answer_add_bytes(answer, pair->key);
    size_t value_at = answer_add_bytes(answer, pair->value);
    answer->pairs[answer->pair_count++] = (struct config_pair){
        .key = {(const uint8_t *)key_at, pair->key.size},
        .value = {(const uint8_t *)value_at, pair->value.size},
        .revision = pair->revision,
    };
}

static void answer_post(struct config_store *store, struct config_answer *answer) {
    for (uint32_t i = 0; i < answer->pair_count; i++) {
        struct config_pair *pair = &answer->pairs[i];
        pair->key.data = bytes_after(answer->bytes, (size_t)(uintptr_t)pair->key.data);
        pair->value.data = bytes_after(answer->bytes, (size_t)(uintptr_t)pair->value.data);
    }
    mailbox_post(&store->finished, &answer->mail);
}

static sqlite3_stmt *query_start(struct config_store *store, int query) {
    sqlite3_reset(store->queries[query]);
    return store->queries[query];
}

static void query_bind(sqlite3_stmt *statement, int at, struct slice bytes) {
    sqlite3_bind_blob64(statement, at, bytes.size == 0 ? (const void *)"" : bytes.data, bytes.size,
                        SQLITE_STATIC);
}

static struct slice query_blob(sqlite3_stmt *statement, int at) {
    const void *bytes = sqlite3_column_blob(statement, at);
    return slice_of(bytes, (size_t)sqlite3_column_bytes(statement, at));
}

enum absent_pairs { ABSENT_SKIPPED, ABSENT_TOLD };

/* All pairs under the prefix whose last change is at or after from_revision. */
static enum status config_collect(struct config_store *store, struct config_answer *answer,
                                  uint64_t from_revision, enum absent_pairs absent) {
    sqlite3_stmt *statement = query_start(store, QUERY_PREFIX);
    int outcome;
    query_bind(statement, 1, answer->job->prefix);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)from_revision);
    while ((outcome = sqlite3_step(statement)) == SQLITE_ROW) {
        struct config_pair pair = {.key = query_blob(statement, 0),
                                   .value = query_blob(statement, 1),
                                   .revision = (uint64_t)sqlite3_column_int64(statement, 2)};
        if (pair.value.size > 0 || absent == ABSENT_TOLD) answer_add(answer, &pair);
    }
    sqlite3_reset(statement);
    return outcome == SQLITE_DONE ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* 0: the pair is absent. */
static enum status config_revision_of(struct config_store *store, struct slice key,
                                      uint64_t *revision_out) {
    sqlite3_stmt *statement = query_start(store, QUERY_REVISION_OF);
    query_bind(statement, 1, key);
    int outcome = sqlite3_step(statement);
    *revision_out = 0;
    if (outcome == SQLITE_ROW && sqlite3_column_int64(statement, 1) > 0)
        *revision_out = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return outcome == SQLITE_ROW || outcome == SQLITE_DONE ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status config_compare(struct config_store *store, const struct config_job *job) {
    for (uint32_t i = 0; i < job->pair_count; i++) {
        uint64_t revision;
        if (job->pairs[i].revision == UINT64_MAX) continue;
        enum status status = config_revision_of(store, job->pairs[i].key, &revision);
        if (status != STATUS_OK) return status;
        if (revision != job->pairs[i].revision) return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status config_run(struct config_store *store, const char *text) {
    return sqlite3_exec(store->database, text, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK
                                                                              : STATUS_UNAVAILABLE;
}

static enum status config_put(struct config_store *store, const struct config_pair *pair,
                              uint64_t revision) {
    sqlite3_stmt *statement = query_start(store, QUERY_PUT);
    query_bind(statement, 1, pair->key);
    query_bind(statement, 2, pair->value);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)revision);
    int outcome = sqlite3_step(statement);
    sqlite3_reset(statement);
    return outcome == SQLITE_DONE ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status config_raise(struct config_store *store, uint64_t revision) {
    sqlite3_stmt *statement = query_start(store, QUERY_RAISE);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)revision);
    int outcome = sqlite3_step(statement);
    sqlite3_reset(statement);
    return outcome == SQLITE_DONE ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status config_change_inside(struct config_store *store, const struct config_job *job) {
    enum status status = config_compare(store, job);
    for (uint32_t i = 0; i < job->pair_count && status == STATUS_OK; i++)
        status = config_put(store, &job->pairs[i], store->revision + 1);
    if (status == STATUS_OK) status = config_raise(store, store->revision + 1);
    return status;
}

static bool slice_has_prefix(struct slice bytes, struct slice prefix) {
    return bytes.size >= prefix.size && slice_equal(slice_part(bytes, 0, prefix.size), prefix);
}

/* (S2) */
static void config_tell_watches(struct config_store *store, const struct config_job *change) {
    for (uint32_t i = 0; i < store->watch_count; i++) {
        struct config_answer *answer = answer_open(store, store->watches[i]);
        for (uint32_t k = 0; k < change->pair_count; k++) {
            struct config_pair pair = change->pairs[k];
            pair.revision = store->revision;
            if (slice_has_prefix(pair.key, answer->job->prefix)) answer_add(answer, &pair);
        }
        if (answer->pair_count > 0)
            answer_post(store, answer);
        else
            answer_free(answer);
    }
}

static void config_change(struct config_store *store, struct config_job *job) {
    enum status status = config_run(store, "BEGIN IMMEDIATE");
    if (status == STATUS_OK) {
        status = config_change_inside(store, job);
        if (status == STATUS_OK) status = config_run(store, "COMMIT"); /* (S1) */
        if (status != STATUS_OK && !sqlite3_get_autocommit(store->database) &&
            config_run(store, "ROLLBACK") != STATUS_OK)
            die("the configuration store cannot roll back: %s", sqlite3_errmsg(store->database));
    }
    if (status == STATUS_OK) store->revision++;
    struct config_answer *answer = answer_open(store, job);
    answer->status = status;
    /* The job and its bytes are its owner's again once the answer is posted. */
    if (status == STATUS_OK) config_tell_watches(store, job);
    answer_post(store, answer);
}

static void config_do(struct config_store *store, struct config_job *job) {
    struct config_answer *answer;
    switch (job->kind) {
    case CONFIG_CHANGE: config_change(store, job); return;
    case CONFIG_READ:
        answer = answer_open(store, job);
        answer->status = config_collect(store, answer, 0, ABSENT_SKIPPED);
        answer_post(store, answer);
        return;
    case CONFIG_WATCH:
        if (store->watch_count == WATCHES_MAX) die("too many watches of the configuration store");
        store->watches[store->watch_count++] = job;
        answer = answer_open(store, job);
        answer->status = config_collect(store, answer, job->from_revision, ABSENT_TOLD);
        if (answer->pair_count > 0 || answer->status != STATUS_OK)
            answer_post(store, answer);
        else
            answer_free(answer);
        return;
    case CONFIG_LEASE: answer_post(store, answer_open(store, job)); return; /* (S3) */
    }
    UNREACHABLE();
}

/* Shape fixed by pthread. */
static void *config_main(void *argument) {
    struct config_store *store = argument;
    for (;;) {
        struct mail *mail = mailbox_wait(&store->requests);
        while (mail != NULL) {
            struct config_job *job = CONTAINER_OF(mail, struct config_job, mail);
            mail = mail->next;
            if (job == &store->stop) return NULL;
            config_do(store, job);
        }
    }
}

static void config_on_finished(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    struct config_store *store = CONTAINER_OF(watch, struct config_store, watch);
    struct mail *mail = mailbox_take(&store->finished);
    while (mail != NULL) {
        struct config_answer *answer = CONTAINER_OF(mail, struct config_answer, mail);
        mail = mail->next;
        answer->job->status = answer->status;
        answer->job->revision = answer->revision;
        answer->job->done(answer->job, answer->pairs, answer->pair_count);
        answer_free(answer);
    }
}

static enum status config_status(int outcome) {
    switch (outcome & 0xff) {
    case SQLITE_OK: return STATUS_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return STATUS_BUSY;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return STATUS_DENIED;
    case SQLITE_FULL: return STATUS_FULL;
    }
    return STATUS_CORRUPT;
}

static enum status config_prepare(struct config_store *store) {
    int outcome =
        sqlite3_exec(store->database,
                     "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                     "PRAGMA synchronous=FULL; BEGIN EXCLUSIVE;"
                     "CREATE TABLE IF NOT EXISTS pair(key BLOB PRIMARY KEY, value BLOB NOT "
                     "NULL, revision INTEGER NOT NULL) WITHOUT ROWID;"
                     "CREATE TABLE IF NOT EXISTS store(revision INTEGER NOT NULL);"
                     "INSERT INTO store SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM store);"
                     "COMMIT",
                     NULL, NULL, NULL);
    if (outcome != SQLITE_OK) return config_status(outcome);
    for (int i = 0; i < QUERY_COUNT; i++) {
        outcome = sqlite3_prepare_v3(store->database, query_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                     &store->queries[i], NULL);
        if (outcome != SQLITE_OK) return config_status(outcome);
    }
    if (sqlite3_step(store->queries[QUERY_REVISION]) != SQLITE_ROW) return STATUS_CORRUPT;
    store->revision = (uint64_t)sqlite3_column_int64(store->queries[QUERY_REVISION], 0);
    sqlite3_reset(store->queries[QUERY_REVISION]);
    return STATUS_OK;
}

static void config_close_database(struct config_store *store) {
    for (int i = 0; i < QUERY_COUNT; i++) sqlite3_finalize(store->queries[i]);
    sqlite3_close(store->database);
}

enum status config_store_open(struct loop *loop, const char *path,
                              struct config_store **store_out) {
    struct config_store *store = calloc(1, sizeof *store);
    if (store == NULL) die("no memory for the configuration store");
    enum status status = config_status(sqlite3_open(path, &store->database));
    if (status == STATUS_OK) status = config_prepare(store);
    if (status != STATUS_OK) {
        config_close_database(store);
        free(store);
        return status;
    }
    mailbox_open(&store->requests);
    mailbox_open(&store->finished);
    loop_watch_open(&store->watch, loop, mailbox_fd(&store->finished), config_on_finished);
    loop_watch_want(&store->watch, LOOP_READ);
    if (pthread_create(&store->thread, NULL, config_main, store) != 0)
        die("cannot start the thread of the configuration store");
    *store_out = store;
    return STATUS_OK;
}

void config_store_close(struct config_store *store) {
    mailbox_post(&store->requests, &store->stop.mail);
    pthread_join(store->thread, NULL);
    for (struct mail *mail = mailbox_take(&store->finished), *next; mail != NULL; mail = next) {
        next = mail->next;
        answer_free(CONTAINER_OF(mail, struct config_answer, mail));
    }
    loop_watch_close(&store->watch);
    mailbox_close(&store->requests);
    mailbox_close(&store->finished);
    config_close_database(store);
    free(store);
}

void config_store_submit(struct config_store *store, struct config_job *job) {
    CHECK(job->done != NULL);
    mailbox_post(&store->requests, &job->mail);
}
