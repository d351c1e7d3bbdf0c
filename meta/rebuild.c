/* rebuild.c: a change of a table whose rows have to be written anew (See NOTES: ALTER by copy).
 *
 *   FREEZE   shards: the old definition, frozen --> dictionary --> drain: every SQL daemon refuses writes to it
 *   COPY     shards: the old one again, which ends when no transaction holds a write to it (V3); the new table, empty
 *            --> dictionary: the new one under a name of its own --> the requester copies --> dictionary: names are switched
 *   THAW     shards: the old definition as it was --> dictionary; the new table is dropped
 *
 *   (RB1) Between FREEZE's drain and the end nothing changes in the old table, so any snapshot taken by the copier is whole.
 *   (RB2) Freezing is the SQL daemons' affair: shards only carry the versions that end older statements and transactions.
 *   (RB3) A requester that dies or says that it cannot leads to THAW; the table is as it was, and the change has a status.
 *   (RB4) The switch is one decision: the old table is dropped and the new one has its name. `born_version` is that
 *         version, so that a snapshot that is older is refused (1412) and does not see an empty table.
 */
#include <inttypes.h>

#include "meta/controller_private.h"

/* ---- beginning ---- */

/* The old definition for the job's next step. */
static void put_old(struct decision *decision, struct job *job, const struct table_definition *old,
                    uint32_t frozen) {
    struct table_definition next = *old;
    next.options = (old->options & ~(uint32_t)TABLE_FROZEN) | frozen;
    job->version = decision_next_version(decision);
    job->phase = JOB_SHARDS;
    job_put(decision, job, &next);
}

static void forget_ids(struct table_definition *definition) {
    for (uint32_t i = 0; i < definition->index_count; i++) {
        struct index_definition *index =
            (struct index_definition *)(uintptr_t)&definition->indexes[i];
        index->id = 0;
        index->hidden_table_id = 0;
    }
}

enum status rebuild_begin(struct decision *decision, const struct message *request) {
    const struct ddl *ddl = &request->ddl;
    const struct meta_table *table =
        dictionary_table(&decision->state->dictionary, ddl->database, ddl->name);
    struct table_definition *target;
    if (table == NULL) return STATUS_NOT_FOUND;
    if (ddl->based_on != 0 && table->version > ddl->based_on) return STATUS_OLD_SCHEMA;
    if (table_decode(ddl->definition, decision->arena, &target) != STATUS_OK) return STATUS_INVALID;
    struct job job = job_open(request);
    job.step = REBUILD_FREEZE;
    job.old_table_id = table->id;
    job.table_id = decision_next_table_id(decision);
    job.next_index_id = 1;
    target->id = job.table_id;
    target->database = table->definition->database;
    target->name = table->definition->name;
    target->options = table->definition->options;
    forget_ids(target);
    job_number(decision, target, &job.next_index_id);
    job.target = job_definition_bytes(target, decision->arena);
    put_old(decision, &job, table->definition, TABLE_FROZEN);
    return STATUS_OK;
}

/* ---- shards ---- */

void rebuild_begin_shards(struct controller *controller) {
    struct changes *changes = &controller->changes;
    const struct job *job = &changes->job;
    struct arena *arena = &changes->job_arena;
    struct table_definition *target = job_definition(job->target, arena);
    run_begin(controller, &changes->job_run, job_map_of(target));
    if (job->step == REBUILD_COPY) {
        job_add_hidden(&changes->job_run, target, NULL, arena);
        struct schema_item made = {.change = SCHEMA_CREATE,
                                   .table_id = job->table_id,
                                   .version = (uint32_t)target->schema_version,
                                   .definition = job->target};
        run_add(&changes->job_run, &made);
    }
    struct schema_item old = {.change = SCHEMA_ALTER,
                              .table_id = job->old_table_id,
                              .version = job->version,
                              .definition = job->current};
    run_add(&changes->job_run, &old);
}

/* ---- steps ---- */

static const struct meta_table *old_table(const struct controller *controller) {
    return map_find(&controller->state.dictionary.tables, controller->changes.job.old_table_id);
}

/* The new table goes, wherever it is by now. */
static void drop_copy(struct controller *controller, struct decision *decision,
                      const struct job *job) {
    const struct meta_table *copy = map_find(&controller->state.dictionary.tables, job->table_id);
    if (copy != NULL) {
        decision_drop_table(decision, copy);
        return;
    }
    struct table_definition *target = job_definition(job->target, decision->arena);
    uint32_t hidden[TABLE_INDEX_COUNT_MAX], count = 0;
    for (uint32_t i = 1; i < target->index_count; i++)
        if (target->indexes[i].kind == INDEX_UNIQUE)
            hidden[count++] = (uint32_t)target->indexes[i].hidden_table_id;
    decision_put_drop(decision, job->table_id, hidden, count);
}

/* (RB3) */
static void give_up(struct controller *controller, struct decision *decision, enum status status) {
    struct job job = controller->changes.job;
    struct table_definition *old = job_definition(job.current, decision->arena);
    bool has_copy = job.step == REBUILD_COPY;
    job.step = REBUILD_THAW;
    job.status = (uint8_t)status;
    put_old(decision, &job, old, 0);
    if (has_copy) drop_copy(controller, decision, &job);
}

static void begin_copy(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    struct table_definition *old = job_definition(job.current, decision->arena);
    struct table_definition *target = job_definition(job.target, decision->arena);
    job.step = REBUILD_COPY;
    target->schema_version = decision->dictionary_version + 1; /* that put_old draws */
    job.target = job_definition_bytes(target, decision->arena);
    put_old(decision, &job, old, TABLE_FROZEN);
    CHECK(target->schema_version == job.version);
}

/* A name that no statement can mean; not in any list. */
static void publish_copy(struct decision *decision, const struct job *job) {
    struct table_definition *copy = job_definition(job->target, decision->arena);
    struct buffer name = buffer_of(decision->arena);
    buffer_printf(&name, "#copy-%" PRIu32, job->table_id);
    copy->name = buffer_slice(&name);
    copy->options |= TABLE_HIDDEN;
    decision_put_table(decision, job->table_id, job->next_index_id,
                       job_definition_bytes(copy, decision->arena));
}

/* What has entered the shards is in force. */
static void publish(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    const struct meta_table *old = old_table(controller);
    CHECK(old != NULL); /* only this job could drop it */
    uint32_t version = decision_next_version(decision);
    decision_put_table(decision, job.old_table_id, old->next_index_id, job.current);
    if (job.step == REBUILD_THAW) {
        job_finish(decision, &job);
        return;
    }
    if (job.step == REBUILD_COPY) publish_copy(decision, &job);
    job.phase = JOB_DRAIN;
    job.version = version; /* that nobody may be below */
    decision_put_job(decision, job_encode(&job, decision->arena));
}

/* (RB4) */
static void switch_names(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    struct table_definition *target = job_definition(job.target, decision->arena);
    target->born_version = decision_next_version(decision);
    decision_drop_table(decision, old_table(controller));
    decision_put_table(decision, job.table_id, job.next_index_id,
                       job_definition_bytes(target, decision->arena));
    job_finish(decision, &job);
}

static bool decide_shards(struct controller *controller, struct decision *decision) {
    struct changes *changes = &controller->changes;
    enum status failed = changes->job_run.failed;
    if (failed == STATUS_OK && !run_is_done(&changes->job_run)) return false;
    if (failed != STATUS_OK && changes->job.step != REBUILD_THAW)
        give_up(controller, decision, failed);
    else
        publish(controller, decision);
    return true;
}

bool rebuild_decide(struct controller *controller, struct decision *decision) {
    struct changes *changes = &controller->changes;
    if (changes->job.phase == JOB_SHARDS) return decide_shards(controller, decision);
    if (changes->fill_answer == DDL_UNFILLABLE) {
        give_up(controller, decision, STATUS_CANCELLED);
        return true;
    }
    if (!job_is_wanted(controller, &changes->job)) {
        give_up(controller, decision, STATUS_ABORTED);
        return true;
    }
    if (changes->job.step == REBUILD_FREEZE) {
        if (!members_have_left(controller, changes->job.version)) return false;
        begin_copy(controller, decision);
        return true;
    }
    if (changes->fill_answer != DDL_FILLED) return false;
    switch_names(controller, decision);
    return true;
}
