/* cluster/cluster.h: the storage pool as a front end sees it: tables, transactions, scans, writes.
 *
 * One struct cluster per SQL daemon thread. It is a machine (cluster_step) towards the driver, and
 * a set of calls that run on fibers towards sql/: these queue messages in the effects given by
 * cluster_bind, suspend with waiter_wait(WAIT_CLUSTER) and return when the answers are there. Which
 * shard, node and term is this directory's affair alone; so are unique indexes (hidden tables),
 * batching of requests per node, retries on OLD_MAP, WRONG_PRIMARY and OLD_TERM (X8), floors and
 * snapshots (T4, T8), the outcome after a fail-over (X7), and the mark (X5).
 *
 * Statuses that reach sql/: OK, END, DUPLICATE, NOT_FOUND, LOCK_TIMEOUT, LOCK_NOWAIT, DEADLOCK,
 * ABORTED (both 1213: the transaction is gone), UNKNOWN_OUTCOME (the connection must close),
 * OLD_SCHEMA (plan again), OLD_SNAPSHOT (1412), CANCELLED, TIMEOUT, UNAVAILABLE, FULL (1114),
 * TOO_LARGE, OUT_OF_RANGE and other conversion statuses with a column.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "base/wait.h"
#include "row/key.h"
#include "row/program.h"
#include "row/row.h"
#include "row/table.h"
#include "wire/configuration.h"
#include "wire/pack.h"
#include "wire/step.h"

struct cluster;

/* ---- the machine ---- */

struct cluster_options {
    uint16_t node, meta_node;
    struct slice node_name, node_address;
    uint64_t registration_nonce;
    struct chunk_source *source;
    uint64_t seed;
};
struct cluster *cluster_open(const struct cluster_options *options, uint64_t now_us,
                             struct effects *out);
void cluster_close(struct cluster *cluster);
void cluster_step(struct cluster *cluster, const struct event *event, struct effects *out);
/* Before fibers run: where their messages go, and the time. */
void cluster_bind(struct cluster *cluster, struct effects *out, uint64_t now_us);
/* Registered, has a configuration in which every shard has a primary, and the dictionary:
 * statements may run. */
bool cluster_is_ready(const struct cluster *cluster);
/* Suspends until cluster_is_ready or timeout_us has passed (UNAVAILABLE). */
MUST_USE enum status cluster_wait_ready(struct cluster *cluster, struct waiter *waiter,
                                        uint64_t timeout_us);
void cluster_describe(const struct cluster *cluster, struct buffer *json);
/* NULL before the first one; borrowed until the next step. */
const struct cluster_configuration *cluster_configuration(const struct cluster *cluster);
/* Which life of this daemon it is, and whether a daemon's life is known to be over. */
uint32_t cluster_incarnation(const struct cluster *cluster);
bool cluster_incarnation_is_over(const struct cluster *cluster, uint32_t incarnation);

/* ---- the dictionary ---- */

/* One version of the whole dictionary, immutable, counted: what a statement holds stays whole until
 * it lets go (V3). */
struct schema;

struct table {
    const struct table_definition *definition;
    const struct row_layout *layout;
    const struct key_layout *const *index_keys; /* by place in definition->indexes */
    const struct key_layout *partition_key;
    uint32_t map_number; /* MAP_DEFAULT or MAP_SYSTEM */
};

struct schema *schema_hold(struct cluster *cluster);
void schema_release(struct cluster *cluster, struct schema *schema);
uint32_t schema_version(const struct schema *schema);
/* NULL when there is none. Names compare as lower_case_table_names=0: by byte. */
const struct table *schema_table(const struct schema *schema, struct slice database,
                                 struct slice name);
const struct table *schema_table_by_id(const struct schema *schema, uint64_t table_id);
bool schema_has_database(const struct schema *schema, struct slice database);
/* Options of a database (default collation), views and other objects that shards do not see: their
 * bytes. */
bool schema_object(const struct schema *schema, struct slice database, struct slice name,
                   struct slice *bytes_out);
/* In name order; hidden tables are not among them, though schema_table finds them. NULL at the end. */
struct schema_cursor {
    uint32_t at;
};
bool schema_next_database(const struct schema *schema, struct schema_cursor *cursor,
                          struct slice *name_out);
const struct table *schema_next_table(const struct schema *schema, struct slice database,
                                      struct schema_cursor *cursor);
bool schema_next_object(const struct schema *schema, struct slice database,
                        struct schema_cursor *cursor, struct slice *name_out,
                        struct slice *bytes_out);

/* A REBUILD_TABLE under way: its new table waits for the old one's rows. */
struct ddl_copying {
    uint64_t nonce;
    uint32_t copy_id; /* of the new table; it is in the newest dictionary, hidden */
};

struct ddl_change {
    enum ddl_kind kind;
    struct slice database, name, new_database, new_name;
    const struct table_definition *definition; /* CREATE and ALTER TABLE; ids of new indexes 0 */
    struct slice object;                       /* PUT_OBJECT, CREATE_DATABASE */
    uint32_t based_on;                         /* schema version that was looked at */
    struct ddl_copying *copying;               /* REBUILD_TABLE: filled in with BUSY */
    struct schema *held; /* released once the change is sent: no change passes a version that
                            somebody holds (V3). NULL: the caller holds none */
};
/* Returns when the change is public on every live SQL daemon, this one included. DUPLICATE: it
 * exists already; NOT_FOUND: it does not; UNAVAILABLE: meta is not reachable, nothing is known to
 * have changed, retry. */
MUST_USE enum status cluster_ddl(struct cluster *cluster, struct waiter *waiter,
                                 const struct ddl_change *change);
/* After cluster_ddl returned BUSY: the rows are in the new table (OK), or could not be copied (anything else: the
 * change is taken back). Returns as cluster_ddl does; a failed copy's own status is the caller's to tell. */
MUST_USE enum status cluster_ddl_copied(struct cluster *cluster, struct waiter *waiter,
                                        const struct ddl_copying *copying, enum status outcome);

/* ---- transactions ---- */

enum isolation {
    ISOLATION_READ_UNCOMMITTED = 0, /* served as READ COMMITTED */
    ISOLATION_READ_COMMITTED = 1,
    ISOLATION_REPEATABLE_READ = 2,
    ISOLATION_SERIALIZABLE = 3, /* plain reads of explicit transactions take shared locks */
};
enum txn_kind {
    TXN_EXPLICIT,   /* ends with txn_commit or txn_rollback */
    TXN_AUTOCOMMIT, /* one statement; a statement that is one request commits in it */
};
enum txn_access { TXN_READ_WRITE, TXN_READ_ONLY };

struct txn_options {
    enum isolation isolation;
    enum txn_kind kind;
    enum txn_access access;
    uint32_t lock_wait_ms;
    uint64_t session_floor; /* largest timestamp that this session was shown (T4) */
};

struct txn;
/* No message yet. */
struct txn *txn_open(struct cluster *cluster, struct waiter *waiter,
                     const struct txn_options *options);
/* Takes the snapshot now (START TRANSACTION WITH CONSISTENT SNAPSHOT). */
MUST_USE enum status txn_take_snapshot(struct txn *txn);
/* Every SQL statement calls begin; READ COMMITTED lets go of the last snapshot. Then either
 * success: end, or failure: txn_fail_statement, which undoes this statement only (X9). A DEADLOCK
 * or ABORTED has ended the whole transaction already: txn_is_over. */
void txn_begin_statement(struct txn *txn);
MUST_USE enum status txn_fail_statement(struct txn *txn);
/* From the next request on. */
void txn_set_lock_wait(struct txn *txn, uint32_t lock_wait_ms);
bool txn_is_over(const struct txn *txn);
bool txn_has_written(const struct txn *txn);
/* A place to come back to; later statements are undone by txn_rollback_to. */
uint32_t txn_savepoint(struct txn *txn);
MUST_USE enum status txn_rollback_to(struct txn *txn, uint32_t savepoint);
/* Both free the txn whatever they return. OK: certainly committed. ABORTED: certainly not; TOO_LARGE: nor ever will be.
 * UNKNOWN_OUTCOME. The floor the session keeps comes out. */
MUST_USE enum status txn_commit(struct txn *txn, uint64_t *session_floor_out);
void txn_rollback(struct txn *txn, uint64_t *session_floor_out);

/* What the last refused request of this transaction was about. */
struct txn_error {
    enum status status;
    const struct table *table;
    uint32_t index;   /* DUPLICATE: place in definition->indexes */
    uint32_t op;      /* ordinal of the write op */
    uint32_t column;  /* conversion statuses: column of the table */
    struct slice row; /* DUPLICATE: the row that was to be written; in the statement's arena */
};
const struct txn_error *txn_error(const struct txn *txn);

/* ---- reading ---- */

enum scan_order {
    SCAN_ANY_ORDER,   /* as shards answer */
    SCAN_INDEX_ORDER, /* in key order over all shards (descending with READ_DESCENDING) */
};
enum scan_extent {
    SCAN_PART,           /* other requests of the statement may follow */
    SCAN_WHOLE_STATEMENT /* nothing else is read or written by this statement: newest reads allowed
                            (T8) */
};

/* Appends to a list of positions; they come sorted by key. */
void scan_add_point(struct buffer *positions, struct slice key);
void scan_add_range(struct buffer *positions, const struct pack_range *range);

struct scan_spec {
    const struct table *table;
    uint32_t index; /* place in definition->indexes; UNIQUE ones are followed to the row */
    enum position_kind position_kind;
    struct slice positions; /* wire/pack.h, sorted; points are whole keys of the index */
    uint32_t position_count;
    struct slice program,
        parameters; /* row/program.h; parameters: value_encode one after the other */
    enum lock_mode lock_mode;
    enum wait_policy wait_policy;
    uint8_t flags; /* enum read_flags */
    enum scan_order order;
    enum scan_extent extent;
    uint32_t row_limit; /* 0: none; over all shards */
};

struct scan_row {
    uint32_t ordinal;   /* of the position that found it, in spec.positions */
    struct slice bytes; /* row/row.h: the program's output layout, else the table's */
};
struct scan_batch {
    const struct scan_row *rows;
    uint32_t count;
};

struct scan;
/* Sends the first requests at once, so that several scans opened in a row run in parallel. Slices
 * of the spec are borrowed until scan_close. A program with groups or an order gives partial
 * results per shard: merge them. */
MUST_USE enum status scan_open(struct txn *txn, const struct scan_spec *spec, struct arena *arena,
                               struct scan **scan_out);
/* OK with at least one row, END, or an error. Rows are valid until the next call on this scan. */
MUST_USE enum status scan_next(struct scan *scan, struct scan_batch *batch_out);
void scan_close(struct scan *scan);

/* ---- writing ---- */

enum row_write_kind {
    ROW_INSERT,
    ROW_UPDATE, /* old_row to row; the primary key may differ */
    ROW_DELETE, /* old_row */
};
struct row_write {
    enum row_write_kind kind;
    struct slice row, old_row; /* in the table's layout; old_row as read with an exclusive lock */
};
enum write_extent {
    WRITE_PART,
    WRITE_WHOLE_STATEMENT /* of an autocommit statement: commit with it */
};

struct write_spec {
    const struct table *table;
    const struct row_write *writes;
    uint32_t count;
    enum write_extent extent;
};
/* All or none; unique indexes included. On DUPLICATE txn_error tells which op and index. With
 * WRITE_WHOLE_STATEMENT in an autocommit transaction the commit may be done with it; txn_commit is
 * called all the same. */
MUST_USE enum status txn_write(struct txn *txn, const struct write_spec *spec, struct arena *arena);

struct change_spec {
    const struct table *table;
    uint32_t index;
    enum change_kind kind;
    enum position_kind position_kind;
    struct slice positions;
    uint32_t position_count;
    struct slice program, parameters; /* filter and assignments */
    enum wait_policy wait_policy;
    enum write_extent extent;
    uint32_t row_limit;
    uint8_t flags; /* enum change_flags */
};
struct change_result {
    uint64_t matched, changed;
};
/* UPDATE or DELETE where the rows are. UNSUPPORTED when the table has unique indexes that the
 * change concerns: read and txn_write instead. */
MUST_USE enum status txn_change(struct txn *txn, const struct change_spec *spec,
                                struct arena *arena, struct change_result *result_out);

/* ---- counters, locks, statistics ---- */

/* The next `count` values of the table's AUTO_INCREMENT counter; they are handed out from a range
 * that this daemon has drawn. CLUSTER_SEQUENCE_ROW_ID is the hidden row id's. */
enum sequence_kind { SEQUENCE_AUTO_INCREMENT, SEQUENCE_ROW_ID };
struct sequence_draw {
    const struct table *table;
    enum sequence_kind kind;
    uint64_t count;
};
MUST_USE enum status cluster_sequence_next(struct cluster *cluster, struct waiter *waiter,
                                           const struct sequence_draw *draw, uint64_t *first_out);
/* An explicit value raises the counter above it (X11). */
MUST_USE enum status cluster_sequence_raise(struct cluster *cluster, struct waiter *waiter,
                                            const struct table *table, uint64_t used);
/* What the next value would be, at least; nothing is drawn. Whatever the status, next_out is set. */
MUST_USE enum status cluster_sequence_peek(struct cluster *cluster, struct waiter *waiter,
                                           const struct table *table, uint64_t *next_out);

struct named_lock_request {
    enum named_lock_kind kind;
    uint64_t owner; /* session */
    uint32_t wait_ms;
    struct slice name;
};
/* GET: OK, LOCK_TIMEOUT, DEADLOCK. RELEASE: OK; NOT_FOUND: nobody holds it; DENIED: another does.
 * IS_FREE: OK, or BUSY. IS_USED: OK with the owner in holder_out, or NOT_FOUND. */
MUST_USE enum status cluster_named_lock(struct cluster *cluster, struct waiter *waiter,
                                        const struct named_lock_request *request,
                                        uint64_t *holder_out);

/* An owner that is gone gives back all that it holds; nobody waits for the answer. */
void cluster_named_lock_forget(struct cluster *cluster, uint64_t owner);

struct table_statistics {
    uint64_t rows, bytes;
    uint64_t distinct[TABLE_INDEX_COUNT_MAX]; /* by place in definition->indexes; of whole keys */
};
/* From a cache that is at most some seconds old; NULL when nothing is known yet (a request is
 * sent). */
const struct table_statistics *cluster_statistics(struct cluster *cluster,
                                                  const struct table *table);

#endif
