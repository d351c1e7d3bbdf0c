/* meta/controller_private.h: the controller from inside.
 *
 * Matters wait in lists until a decision takes them; the decision is one CHANGE of the store; when the
 * store has taken it, the state is changed and everybody concerned is told.
 */
#ifndef META_CONTROLLER_PRIVATE_H
#define META_CONTROLLER_PRIVATE_H

#include "base/list.h"
#include "base/machine.h"
#include "meta/state.h"

struct controller;

/* ---- who is there (membership.c) ---- */

struct member_store {
    uint16_t shard;
    uint32_t term;
    uint64_t position;
};
/* What is known of a node beside the store: gone when the controller is. */
struct member {
    uint16_t node;
    bool is_connected;
    bool is_registered;        /* in this controller's life, with the incarnation in the store */
    bool is_back;              /* heard of while the store says that it is not live */
    uint32_t dead_incarnation; /* proved dead; 0: none */
    uint64_t closed_since_us;  /* UINT64_MAX: connected */
    uint64_t suspect_since_us; /* UINT64_MAX: not suspected */
    uint64_t heard_us, beat_us;
    uint64_t seen_revision;                   /* it logged that revision (R6) */
    uint32_t learned_version, in_use_version; /* SQL daemons: of the dictionary */
    struct member_store *stores;              /* what its logs held when it registered */
    uint32_t store_count;
};

struct member *member_of(struct controller *controller, uint16_t node);
void members_on_message(struct controller *controller, const struct message *message);
void members_on_peer(struct controller *controller, const struct peer *peer);
void members_on_suspect(struct controller *controller, const struct suspect *suspect);
/* The store was read: nodes that it calls live have a while to come back. */
void members_on_load(struct controller *controller);
/* Time passed that this controller did not see: nobody is to blame for it. */
void members_forgive(struct controller *controller);
void members_on_deadline(struct controller *controller);
uint64_t members_deadline(const struct controller *controller);
/* Why a node of the store is taken for dead. */
const char *member_evidence(struct controller *controller, const struct meta_node *node);
/* Into the decision: nodes that are dead, or back. */
void members_decide(struct controller *controller, struct decision *decision);
/* Every live SQL daemon plans with `version` or a later one; and uses none below it. */
bool members_have_learned(struct controller *controller, uint32_t version);
bool members_have_left(struct controller *controller, uint32_t version);

/* A NOTE for each node and shard that the decision changes; before it is applied (news.c). */
void news_tell(struct controller *controller, const struct decision *decision);

/* ---- who leads (placement.c) ---- */

void placement_decide(struct controller *controller, struct decision *decision);
/* LIST, UNLIST, SYNC: what DECIDED says. */
MUST_USE enum status placement_propose(struct controller *controller, struct decision *decision,
                                       const struct message *message);
/* Whether a primary had better move (PL5). */
bool placement_is_unbalanced(const struct placement *placement);
uint64_t placement_deadline(const struct controller *controller);

/* ---- matters to decide (inbox) ---- */

struct matter {
    struct list_link link;
    struct arena matter_arena;
    struct message *message; /* REGISTER, PROPOSE or DDL; a copy */
    bool is_decided;         /* by the CHANGE under way */
    enum status status;      /* that its answer will have */
    struct ddl_done done;    /* DDL: the answer */
};

/* ---- the dictionary (dictionary.c, job.c) ---- */

/* SCHEMA messages for all shards of a map, one after the other in each. */
#define RUN_ITEMS_MAX (2 * TABLE_INDEX_COUNT_MAX + 2)
struct schema_item {
    uint8_t change; /* enum schema_change */
    uint32_t table_id, version;
    uint16_t index_id;
    struct slice definition;
};
struct run_shard {
    uint16_t shard;
    uint32_t item;       /* to be done next */
    uint64_t request_id; /* 0: nothing is under way */
    uint64_t again_us;   /* ask again then */
    uint32_t term;       /* asked in */
};
struct schema_run {
    struct arena run_arena;
    struct schema_item items[RUN_ITEMS_MAX];
    uint32_t item_count;
    struct run_shard *shards;
    uint32_t shard_count;
    bool is_active;
    enum status failed; /* a refusal that repeating does not change */
};

enum job_phase {
    JOB_SHARDS = 1, /* a definition enters every shard */
    JOB_DRAIN = 2, /* it is in the dictionary; until nobody uses the version before, and what is new
                       in it is filled */
};
/* Where a DDL_REBUILD_TABLE is; each has its phases. */
enum rebuild_step {
    REBUILD_FREEZE = 1, /* the old table becomes read only */
    REBUILD_COPY = 2,   /* nobody writes to it any more; the new one is there and is filled */
    REBUILD_THAW = 3,   /* it did not work: the old one takes writes again */
};
/* The schema change under way, as kept under `job`. */
struct job {
    uint8_t kind; /* enum ddl_kind; 0: none */
    uint8_t phase;
    uint8_t step;   /* enum rebuild_step; 0: another kind */
    uint8_t status; /* of the answer when it ends */
    uint64_t nonce;
    uint16_t node; /* requester */
    uint32_t incarnation;
    uint32_t table_id, old_table_id; /* TRUNCATE, REBUILD: the one that goes */
    uint32_t version;                /* of `current` */
    uint32_t next_index_id;
    struct slice current; /* definition that is entering, or has entered, the shards */
    struct slice target;  /* that it shall come to */
};

struct changes {
    struct list queue;   /* struct matter: DDL not begun */
    struct list answers; /* struct matter: until everybody has learned done.version */
    struct arena job_arena;
    struct job job;
    struct message_header job_request; /* whom to answer; request_id 0: nobody has asked yet */
    bool is_backfilled;                /* DRAIN: in the shards */
    bool is_fill_asked;
    uint8_t fill_answer; /* 0: none yet; DDL_FILLED, DDL_UNFILLABLE */
    struct schema_run job_run, drop_run;
    uint32_t drop_table_id; /* 0: none under way */
    uint64_t request_sequence;
};

void dictionary_open(struct controller *controller);
void dictionary_close(struct controller *controller);
void dictionary_on_load(struct controller *controller);
void dictionary_on_ddl(struct controller *controller, const struct message *message);
void dictionary_on_done(struct controller *controller, const struct message *message);
/* Sends what is due; whoever waits for others' LEARNED is answered. */
void dictionary_work(struct controller *controller);
void dictionary_on_peer(struct controller *controller, const struct peer *peer);
uint64_t dictionary_deadline(const struct controller *controller);
void dictionary_decide(struct controller *controller, struct decision *decision);
/* Before the pairs of a decision are applied: SQL daemons hear of them. */
void dictionary_push(struct controller *controller, const struct decision *decision);
/* After that. */
void dictionary_on_decided(struct controller *controller);
void dictionary_push_whole(struct controller *controller, uint16_t node);
void dictionary_describe(const struct controller *controller, struct buffer *json);
void dictionary_answer(struct controller *controller, const struct message_header *request,
                       const struct ddl_done *done);

/* ---- one schema change (job.c) ---- */

/* CREATE, ALTER, TRUNCATE TABLE: checked, and its first step put into the decision. */
MUST_USE enum status job_begin(struct decision *decision, const struct message *request);
/* The next step, if the last one is done. Whether it put anything into the decision. */
bool job_decide(struct controller *controller, struct decision *decision);
/* The store's job is another one, or at another step. */
void job_on_decided(struct controller *controller);
void job_work(struct controller *controller);
/* For rebuild.c. A definition in a job was checked when it came. */
struct table_definition *job_definition(struct slice bytes, struct arena *arena);
struct slice job_definition_bytes(const struct table_definition *definition, struct arena *arena);
uint32_t job_map_of(const struct table_definition *definition);
struct job job_open(const struct message *request);
struct slice job_encode(const struct job *job, struct arena *arena);
/* Ids of a definition that came from outside (JB3). */
void job_number(struct decision *decision, struct table_definition *definition,
                uint32_t *next_index_id);
/* The definition, with the job's version, is what enters the shards next. */
void job_put(struct decision *decision, struct job *job, struct table_definition *definition);
void job_finish(struct decision *decision, const struct job *job);
/* Hidden tables of unique indexes that `before` (NULL: nothing) does not have. */
void job_add_hidden(struct schema_run *run, const struct table_definition *definition,
                    const struct table_definition *before, struct arena *arena);
/* The requester lives. */
bool job_is_wanted(const struct controller *controller, const struct job *job);

/* ---- a change that copies rows (rebuild.c) ---- */

MUST_USE enum status rebuild_begin(struct decision *decision, const struct message *request);
void rebuild_begin_shards(struct controller *controller);
bool rebuild_decide(struct controller *controller, struct decision *decision);

/* ---- SCHEMA to all shards (schema_run.c) ---- */

void run_open(struct schema_run *run, struct chunk_source *source);
void run_close(struct schema_run *run);
/* For the shards of this map; items are added next. */
void run_begin(struct controller *controller, struct schema_run *run, uint32_t map_number);
void run_add(struct schema_run *run, const struct schema_item *item);
bool run_is_done(const struct schema_run *run);
void run_work(struct controller *controller, struct schema_run *run);
/* A connection to the node is new: what it was asked is asked again. */
void run_on_open(struct controller *controller, struct schema_run *run, uint16_t node);
/* false: the answer is not for this run. */
bool run_on_done(struct controller *controller, struct schema_run *run,
                 const struct message *message);
uint64_t run_deadline(const struct schema_run *run);

/* ---- the controller ---- */

struct controller {
    struct controller_options options;
    struct arena controller_arena;
    struct machine machine;
    struct meta_state state;
    struct effects *out;
    uint64_t now_us;
    uint64_t failure_us;
    uint64_t retry_at_us, lease_at_us, expected_us;
    uint64_t operation_tag; /* of the store operation under way */
    uint64_t lease_tag, tag_last;
    struct arena load_arena; /* of the decision under way */
    struct decision decision;
    bool is_decision_wanted;
    bool is_unbalanced; /* as of the last change of the placement */
    struct list inbox;  /* struct matter: REGISTER, PROPOSE */
    struct list free_matters;
    struct member *members;
    uint32_t member_count;
    uint64_t placement_changed_us, beat_at_us;
    struct changes changes;
};

struct message *controller_message(struct controller *controller, enum message_kind kind,
                                   uint16_t to_node);
struct message *controller_message_to_shard(struct controller *controller, enum message_kind kind,
                                            const struct configuration_shard *shard);
struct matter *matter_take(struct controller *controller, const struct message *message);
void matter_give(struct controller *controller, struct matter *matter);
void controller_push_configuration(struct controller *controller, uint16_t node);

#endif
