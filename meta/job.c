/* job.c: one change of a table, in steps between which two adjacent definitions are valid (V3).
 *
 *   step:  shards ------> (in the dictionary) drain ----> next step ...   the last step ends in the dictionary
 *          every shard    until no SQL daemon uses
 *          has taken it   the version before
 *
 *   CREATE, TRUNCATE   one step: the table is made in the shards, then it is public
 *   ALTER              as many as its indexes need:
 *          new ordered index    write-only ---(shards fill it)--------------------> public
 *          new unique index     delete-only -> write-only -(shards, requester)----> public
 *          index that goes      write-only -> (unique: delete-only) -> gone
 *          columns and options  with the first step
 *   REBUILD            rebuild.c: rows are copied into a new table
 *
 *   (JB1) The job is in the store before its first SCHEMA is sent, and at its next step before that step's: a new
 *         controller goes on where this one was; everything it repeats is taken as done.
 *   (JB2) The requester fills hidden tables of new unique indexes (it is asked by DDL_DONE with BUSY). When it says that it
 *         cannot, or dies, the target loses those indexes, and the job goes back the same way.
 *   (JB3) Index ids and table ids are never used again: their counters are in the store.
 */
#include "meta/controller_private.h"

/* ---- the job as bytes ---- */

struct slice job_encode(const struct job *job, struct arena *arena) {
    size_t size = 64 + job->current.size + job->target.size;
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    writer_u8(&writer, job->kind);
    writer_u8(&writer, job->phase);
    writer_u8(&writer, job->step);
    writer_u8(&writer, job->status);
    writer_u64(&writer, job->nonce);
    writer_u16(&writer, job->node);
    writer_u32(&writer, job->incarnation);
    writer_u32(&writer, job->table_id);
    writer_u32(&writer, job->old_table_id);
    writer_u32(&writer, job->version);
    writer_u32(&writer, job->next_index_id);
    writer_slice(&writer, job->current);
    writer_slice(&writer, job->target);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static void job_decode(struct slice bytes, struct arena *arena, struct job *job_out) {
    *job_out = (struct job){0};
    if (bytes.size == 0) return;
    struct reader reader = reader_of(bytes);
    job_out->kind = reader_u8(&reader);
    job_out->phase = reader_u8(&reader);
    job_out->step = reader_u8(&reader);
    job_out->status = reader_u8(&reader);
    job_out->nonce = reader_u64(&reader);
    job_out->node = reader_u16(&reader);
    job_out->incarnation = reader_u32(&reader);
    job_out->table_id = reader_u32(&reader);
    job_out->old_table_id = reader_u32(&reader);
    job_out->version = reader_u32(&reader);
    job_out->next_index_id = reader_u32(&reader);
    job_out->current = arena_copy(arena, reader_slice(&reader));
    job_out->target = arena_copy(arena, reader_slice(&reader));
    CHECK(!reader.failed); /* we wrote it */
}

/* Definitions in jobs were checked when they came. */
struct table_definition *job_definition(struct slice bytes, struct arena *arena) {
    struct table_definition *definition;
    enum status status = table_decode(bytes, arena, &definition);
    CHECK(status == STATUS_OK);
    return definition;
}

struct slice job_definition_bytes(const struct table_definition *definition, struct arena *arena) {
    struct buffer bytes = buffer_of(arena);
    table_encode(definition, &bytes);
    return buffer_slice(&bytes);
}

uint32_t job_map_of(const struct table_definition *definition) {
    bool is_system = slice_equal(definition->database, SLICE_LITERAL("mysql"));
    return is_system ? MAP_SYSTEM : MAP_DEFAULT;
}

/* ---- steps of an ALTER ---- */

static const struct index_definition *index_by_id(const struct table_definition *definition,
                                                  uint32_t id) {
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].id == id) return &definition->indexes[i];
    return NULL;
}

/* An index of the target, given what it is now (NULL: not there). */
static uint8_t state_towards(const struct index_definition *wanted,
                             const struct index_definition *now) {
    bool is_unique = wanted->kind == INDEX_UNIQUE;
    if (now == NULL) return is_unique ? INDEX_DELETE_ONLY : INDEX_WRITE_ONLY;
    return now->state == INDEX_DELETE_ONLY ? INDEX_WRITE_ONLY : INDEX_PUBLIC;
}

/* An index that goes; false: it is gone with this step. */
static bool state_away(const struct index_definition *now, uint8_t *state_out) {
    if (now->state == INDEX_DELETE_ONLY) return false;
    if (now->state != INDEX_PUBLIC && now->kind != INDEX_UNIQUE) return false;
    *state_out = now->state == INDEX_PUBLIC ? INDEX_WRITE_ONLY : INDEX_DELETE_ONLY;
    return true;
}

/* The definition after the next step from `now` to `target`; false: `now` is there. Columns and options are the
 * target's; index entries are the target's with their states of the moment, then those that go. */
static bool alter_next(const struct table_definition *now, const struct table_definition *target,
                       struct arena *arena, struct table_definition *next_out) {
    uint32_t count_max = (uint32_t)now->index_count + target->index_count;
    struct index_definition *indexes = arena_array(arena, struct index_definition, count_max);
    uint32_t count = 0;
    bool is_changed = false;
    indexes[count++] = target->indexes[0];
    for (uint32_t i = 1; i < target->index_count; i++) {
        const struct index_definition *before = index_by_id(now, target->indexes[i].id);
        indexes[count] = target->indexes[i];
        indexes[count].state = state_towards(&target->indexes[i], before);
        is_changed |= before == NULL || before->state != indexes[count].state;
        count++;
    }
    for (uint32_t i = 1; i < now->index_count; i++) {
        if (index_by_id(target, now->indexes[i].id) != NULL) continue;
        uint8_t state;
        is_changed = true;
        if (!state_away(&now->indexes[i], &state)) continue;
        indexes[count] = now->indexes[i];
        indexes[count++].state = state;
    }
    *next_out = *target;
    next_out->indexes = indexes;
    next_out->index_count = (uint16_t)count;
    return is_changed;
}

static bool definition_is_target(const struct table_definition *definition,
                                 const struct table_definition *target) {
    if (definition->index_count != target->index_count) return false;
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].state != INDEX_PUBLIC) return false;
    return true;
}

static bool has_new_index(const struct table_definition *current,
                          const struct table_definition *target, enum index_kind kind) {
    for (uint32_t i = 1; i < current->index_count; i++) {
        const struct index_definition *index = &current->indexes[i];
        bool is_coming = index_by_id(target, index->id) != NULL;
        if (is_coming && index->kind == kind && index->state == INDEX_WRITE_ONLY) return true;
    }
    return false;
}

/* ---- beginning ---- */

/* Ids of a definition that came from outside (JB3). */
void job_number(struct decision *decision, struct table_definition *definition,
                uint32_t *next_index_id) {
    struct index_definition *indexes =
        arena_array(decision->arena, struct index_definition, definition->index_count);
    memcpy(indexes, definition->indexes, definition->index_count * sizeof *indexes);
    indexes[0].id = 0;
    indexes[0].state = INDEX_PUBLIC;
    for (uint32_t i = 1; i < definition->index_count; i++) {
        if (indexes[i].id == 0) indexes[i].id = (*next_index_id)++;
        indexes[i].state = INDEX_PUBLIC;
        if (indexes[i].kind == INDEX_UNIQUE && indexes[i].hidden_table_id == 0)
            indexes[i].hidden_table_id = decision_next_table_id(decision);
    }
    definition->indexes = indexes;
}

struct job job_open(const struct message *request) {
    return (struct job){.kind = request->ddl.ddl_kind,
                        .phase = JOB_SHARDS,
                        .nonce = request->ddl.nonce,
                        .node = request->header.from_node,
                        .incarnation = request->header.from_incarnation};
}

void job_put(struct decision *decision, struct job *job, struct table_definition *definition) {
    definition->schema_version = job->version;
    job->current = job_definition_bytes(definition, decision->arena);
    decision_put_job(decision, job_encode(job, decision->arena));
}

static enum status create_begin(struct decision *decision, const struct message *request) {
    const struct ddl *ddl = &request->ddl;
    const struct meta_dictionary *dictionary = &decision->state->dictionary;
    struct table_definition *definition;
    if (slice_map_find(&dictionary->databases, ddl->database) == NULL) return STATUS_NOT_FOUND;
    if (dictionary_table(dictionary, ddl->database, ddl->name) != NULL) return STATUS_DUPLICATE;
    if (table_decode(ddl->definition, decision->arena, &definition) != STATUS_OK)
        return STATUS_INVALID;
    if (!slice_equal(definition->name, ddl->name) ||
        !slice_equal(definition->database, ddl->database))
        return STATUS_INVALID;
    for (uint32_t i = 0; i < definition->index_count; i++) {
        ((struct index_definition *)(uintptr_t)definition->indexes)[i].id = 0;
        ((struct index_definition *)(uintptr_t)definition->indexes)[i].hidden_table_id = 0;
    }
    struct job job = job_open(request);
    job.version = decision_next_version(decision);
    job.table_id = decision_next_table_id(decision);
    job.next_index_id = 1;
    definition->id = job.table_id;
    job_number(decision, definition, &job.next_index_id);
    job_put(decision, &job, definition);
    return STATUS_OK;
}

static enum status truncate_begin(struct decision *decision, const struct message *request) {
    const struct ddl *ddl = &request->ddl;
    const struct meta_table *table =
        dictionary_table(&decision->state->dictionary, ddl->database, ddl->name);
    if (table == NULL) return STATUS_NOT_FOUND;
    struct table_definition *definition = job_definition(table->definition_bytes, decision->arena);
    for (uint32_t i = 0; i < definition->index_count; i++)
        ((struct index_definition *)(uintptr_t)definition->indexes)[i].hidden_table_id = 0;
    struct job job = job_open(request);
    job.version = decision_next_version(decision);
    job.table_id = decision_next_table_id(decision);
    job.old_table_id = table->id;
    job.next_index_id = table->next_index_id;
    definition->id = job.table_id;
    job_number(decision, definition, &job.next_index_id);
    job_put(decision, &job, definition);
    return STATUS_OK;
}

/* ENUM and SET: rows hold places, so the old members must be the first of the new ones. */
static bool members_are_kept(const struct column_type *from, const struct column_type *to) {
    if (from->member_count > to->member_count) return false;
    for (uint32_t i = 0; i < from->member_count; i++) {
        if (!slice_equal(from->members[i], to->members[i])) return false;
    }
    return true;
}

static bool type_is_kept(const struct column_type *from, const struct column_type *to) {
    return from->kind == to->kind && from->flags == to->flags && from->precision == to->precision &&
           from->scale == to->scale && from->collation == to->collation &&
           from->length <= to->length && members_are_kept(from, to);
}

static bool fixed_width_is_kept(const struct column_type *from, const struct column_type *to) {
    if (from->kind == COLUMN_BINARY || from->kind == COLUMN_BIT) return from->length == to->length;
    if (from->kind == COLUMN_ENUM) return (from->member_count < 256) == (to->member_count < 256);
    if (from->kind == COLUMN_SET) return (from->member_count + 7) / 8 == (to->member_count + 7) / 8;
    return true;
}

/* Rows stay as they are: what they hold must read the same under the new definition. */
static enum status alter_check(const struct table_definition *now,
                               const struct table_definition *target) {
    if (target->column_count < now->column_count) return STATUS_UNSUPPORTED;
    if (target->column_count > now->column_count && table_row_id_column(now) >= 0)
        return STATUS_UNSUPPORTED; /* the hidden column is the last */
    for (uint32_t i = 0; i < now->column_count; i++) {
        const struct column_type *from = &now->columns[i].type, *to = &target->columns[i].type;
        if (!type_is_kept(from, to) || !fixed_width_is_kept(from, to)) return STATUS_UNSUPPORTED;
    }
    const struct index_definition *from = &now->indexes[0], *to = &target->indexes[0];
    if (from->part_count != to->part_count ||
        now->partition_part_count != target->partition_part_count)
        return STATUS_UNSUPPORTED;
    return memcmp(from->parts, to->parts, from->part_count * sizeof *from->parts) == 0
               ? STATUS_OK
               : STATUS_UNSUPPORTED;
}

static enum status alter_begin(struct decision *decision, const struct message *request) {
    const struct ddl *ddl = &request->ddl;
    const struct meta_table *table =
        dictionary_table(&decision->state->dictionary, ddl->database, ddl->name);
    struct table_definition *target, next;
    if (table == NULL) return STATUS_NOT_FOUND;
    if (ddl->based_on != 0 && table->version > ddl->based_on) return STATUS_OLD_SCHEMA;
    if (table_decode(ddl->definition, decision->arena, &target) != STATUS_OK) return STATUS_INVALID;
    target->id = table->id;
    target->database = table->definition->database;
    target->name = table->definition->name;
    target->born_version = table->definition->born_version;
    target->options = table->definition->options;
    enum status status = alter_check(table->definition, target);
    if (status != STATUS_OK) return status;
    struct job job = job_open(request);
    job.table_id = table->id;
    job.next_index_id = table->next_index_id;
    job.version = decision_next_version(decision);
    job_number(decision, target, &job.next_index_id);
    target->schema_version = job.version;
    job.target = job_definition_bytes(target, decision->arena);
    (void)alter_next(table->definition, target, decision->arena, &next);
    job_put(decision, &job, &next);
    return STATUS_OK;
}

enum status job_begin(struct decision *decision, const struct message *request) {
    switch (request->ddl.ddl_kind) {
    case DDL_CREATE_TABLE: return create_begin(decision, request);
    case DDL_TRUNCATE_TABLE: return truncate_begin(decision, request);
    case DDL_ALTER_TABLE: return alter_begin(decision, request);
    case DDL_REBUILD_TABLE: return rebuild_begin(decision, request);
    }
    UNREACHABLE();
}

/* ---- what is sent to the shards ---- */

void job_add_hidden(struct schema_run *run, const struct table_definition *definition,
                    const struct table_definition *before, struct arena *arena) {
    for (uint32_t i = 1; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        if (index->kind != INDEX_UNIQUE) continue;
        if (before != NULL && index_by_id(before, index->id) != NULL) continue;
        const uint16_t *columns;
        struct table_definition *hidden = table_of_unique_index(definition, i, arena, &columns);
        struct schema_item item = {.change = SCHEMA_CREATE,
                                   .table_id = (uint32_t)index->hidden_table_id,
                                   .version = (uint32_t)definition->schema_version,
                                   .definition = job_definition_bytes(hidden, arena)};
        run_add(run, &item);
    }
}

static void job_begin_shards(struct controller *controller) {
    struct changes *changes = &controller->changes;
    const struct job *job = &changes->job;
    struct arena *arena = &changes->job_arena;
    if (job->kind == DDL_REBUILD_TABLE) {
        rebuild_begin_shards(controller);
        return;
    }
    struct table_definition *definition = job_definition(job->current, arena);
    const struct meta_table *before =
        job->kind == DDL_ALTER_TABLE ? map_find(&controller->state.dictionary.tables, job->table_id)
                                     : NULL;
    run_begin(controller, &changes->job_run, job_map_of(definition));
    job_add_hidden(&changes->job_run, definition, before == NULL ? NULL : before->definition,
                   arena);
    struct schema_item item = {.change =
                                   job->kind == DDL_ALTER_TABLE ? SCHEMA_ALTER : SCHEMA_CREATE,
                               .table_id = job->table_id,
                               .version = job->version,
                               .definition = job->current};
    run_add(&changes->job_run, &item);
}

/* The new indexes of a definition that everybody uses. */
static void job_begin_backfill(struct controller *controller) {
    struct changes *changes = &controller->changes;
    const struct job *job = &changes->job;
    struct table_definition *definition = job_definition(job->current, &changes->job_arena);
    struct table_definition *target = job_definition(job->target, &changes->job_arena);
    run_begin(controller, &changes->job_run, job_map_of(definition));
    for (uint32_t i = 1; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        if (index->state != INDEX_WRITE_ONLY || index_by_id(target, index->id) == NULL) continue;
        struct schema_item item = {.change = SCHEMA_BACKFILL,
                                   .table_id = job->table_id,
                                   .version = job->version,
                                   .index_id = (uint16_t)index->id};
        run_add(&changes->job_run, &item);
    }
}

void job_on_decided(struct controller *controller) {
    struct changes *changes = &controller->changes;
    struct arena scratch;
    arena_open(&scratch, controller->options.source, 0);
    struct job stored;
    job_decode(controller->state.dictionary.job, &scratch, &stored);
    bool is_same = stored.kind != 0 && stored.nonce == changes->job.nonce &&
                   stored.version == changes->job.version && stored.phase == changes->job.phase &&
                   stored.step == changes->job.step && changes->job.kind != 0;
    bool is_other_job = stored.nonce != changes->job.nonce;
    arena_close(&scratch);
    if (is_same) return;
    arena_reset(&changes->job_arena);
    job_decode(controller->state.dictionary.job, &changes->job_arena, &changes->job);
    changes->job_run.is_active = false;
    changes->is_backfilled = changes->is_fill_asked = false;
    changes->fill_answer = 0;
    if (is_other_job || changes->job.kind == 0) changes->job_request.request_id = 0;
    if (changes->job.kind != 0 && changes->job.phase == JOB_SHARDS) job_begin_shards(controller);
}

/* ---- steps ---- */

void job_finish(struct decision *decision, const struct job *job) {
    struct meta_done done = {job->nonce, job->status, decision->dictionary_version, job->table_id};
    decision_put_done(decision, &done);
    decision_put_job(decision, SLICE_EMPTY);
}

/* Hidden tables of indexes that the new definition does not have. */
static void job_drop_hidden(struct decision *decision, const struct table_definition *before,
                            const struct table_definition *after) {
    for (uint32_t i = 1; i < before->index_count; i++) {
        const struct index_definition *index = &before->indexes[i];
        if (index->kind != INDEX_UNIQUE || index_by_id(after, index->id) != NULL) continue;
        decision_put_drop(decision, (uint32_t)index->hidden_table_id, NULL, 0);
    }
}

/* The definition is in all shards: into the dictionary with it. */
static void job_publish(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    const struct meta_dictionary *dictionary = &controller->state.dictionary;
    const struct meta_table *before = map_find(&dictionary->tables, job.table_id);
    uint32_t version = decision_next_version(decision);
    if (job.kind != DDL_ALTER_TABLE) {
        struct table_definition *born = job_definition(job.current, decision->arena);
        born->born_version = version;
        job.current = job_definition_bytes(born, decision->arena);
    }
    decision_put_table(decision, job.table_id, job.next_index_id, job.current);
    const struct meta_table *old = map_find(&dictionary->tables, job.old_table_id);
    if (job.old_table_id != 0 && old != NULL) decision_drop_table(decision, old);
    if (job.kind != DDL_ALTER_TABLE) {
        job_finish(decision, &job);
        return;
    }
    struct table_definition *current = job_definition(job.current, decision->arena);
    struct table_definition *target = job_definition(job.target, decision->arena);
    if (before != NULL) job_drop_hidden(decision, before->definition, current);
    if (definition_is_target(current, target)) {
        job_finish(decision, &job);
        return;
    }
    job.phase = JOB_DRAIN;
    job.version = decision->dictionary_version; /* that nobody may be below */
    decision_put_job(decision, job_encode(&job, decision->arena));
}

/* A shard refused for good: what was made goes again. */
static void job_fail_shards(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    struct table_definition *definition = job_definition(job.current, decision->arena);
    uint32_t hidden[TABLE_INDEX_COUNT_MAX], hidden_count = 0;
    const struct meta_table *before = map_find(&controller->state.dictionary.tables, job.table_id);
    decision_next_version(decision);
    for (uint32_t i = 1; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        bool is_old = before != NULL && index_by_id(before->definition, index->id) != NULL;
        if (index->kind == INDEX_UNIQUE && !is_old)
            hidden[hidden_count++] = (uint32_t)index->hidden_table_id;
    }
    if (job.kind != DDL_ALTER_TABLE)
        decision_put_drop(decision, job.table_id, hidden, hidden_count);
    else
        for (uint32_t i = 0; i < hidden_count; i++) decision_put_drop(decision, hidden[i], NULL, 0);
    job.status = (uint8_t)controller->changes.job_run.failed;
    job_finish(decision, &job);
}

static void job_next_step(struct controller *controller, struct decision *decision) {
    struct job job = controller->changes.job;
    struct table_definition *current = job_definition(job.current, decision->arena);
    struct table_definition *target = job_definition(job.target, decision->arena);
    struct table_definition next;
    job.version = decision_next_version(decision);
    job.phase = JOB_SHARDS;
    if (!alter_next(current, target, decision->arena, &next)) {
        job_finish(decision, &job);
        return;
    }
    job_put(decision, &job, &next);
}

/* (JB2) The target without the indexes that are not there yet. */
static void job_give_up(struct controller *controller, struct decision *decision,
                        enum status status) {
    struct job job = controller->changes.job;
    struct table_definition *current = job_definition(job.current, decision->arena);
    struct table_definition *target = job_definition(job.target, decision->arena);
    struct index_definition *kept =
        arena_array(decision->arena, struct index_definition, target->index_count);
    uint16_t count = 0;
    for (uint32_t i = 0; i < target->index_count; i++) {
        const struct index_definition *now = index_by_id(current, target->indexes[i].id);
        if (i == 0 || (now != NULL && now->state == INDEX_PUBLIC))
            kept[count++] = target->indexes[i];
    }
    target->indexes = kept;
    target->index_count = count;
    job.target = job_definition_bytes(target, decision->arena);
    job.status = (uint8_t)status;
    struct table_definition next;
    job.version = decision_next_version(decision);
    job.phase = JOB_SHARDS;
    (void)alter_next(current, target, decision->arena, &next);
    job_put(decision, &job, &next);
}

bool job_is_wanted(const struct controller *controller, const struct job *job) {
    const struct meta_node *node = placement_node(&controller->state.placement, job->node);
    return node != NULL && node->is_live && node->incarnation == job->incarnation;
}

/* Everybody has left the version before: fill what is new, then the next step. */
static bool job_decide_drained(struct controller *controller, struct decision *decision) {
    struct changes *changes = &controller->changes;
    struct table_definition *current = job_definition(changes->job.current, decision->arena);
    struct table_definition *target = job_definition(changes->job.target, decision->arena);
    bool has_unique = has_new_index(current, target, INDEX_UNIQUE);
    bool has_ordered = has_new_index(current, target, INDEX_ORDERED);
    if ((has_unique || has_ordered) && !changes->is_backfilled) {
        if (!changes->job_run.is_active) job_begin_backfill(controller);
        if (changes->job_run.failed != STATUS_OK) {
            job_give_up(controller, decision, changes->job_run.failed);
            return true;
        }
        if (!run_is_done(&changes->job_run)) return false;
        changes->is_backfilled = true;
    }
    if (has_unique && changes->fill_answer != DDL_FILLED) {
        if (changes->fill_answer == DDL_UNFILLABLE) {
            job_give_up(controller, decision, STATUS_DUPLICATE);
            return true;
        }
        if (!job_is_wanted(controller, &changes->job)) {
            job_give_up(controller, decision, STATUS_ABORTED);
            return true;
        }
        return false;
    }
    job_next_step(controller, decision);
    return true;
}

bool job_decide(struct controller *controller, struct decision *decision) {
    struct changes *changes = &controller->changes;
    if (changes->job.kind == DDL_REBUILD_TABLE) return rebuild_decide(controller, decision);
    if (changes->job.phase == JOB_SHARDS) {
        if (changes->job_run.failed != STATUS_OK) {
            job_fail_shards(controller, decision);
            return true;
        }
        if (!run_is_done(&changes->job_run)) return false;
        job_publish(controller, decision);
        return true;
    }
    if (!members_have_left(controller, changes->job.version)) return false;
    return job_decide_drained(controller, decision);
}

/* The requester is asked to fill hidden tables, once for each time it asks. */
static void job_ask_fill(struct controller *controller) {
    struct changes *changes = &controller->changes;
    if (changes->is_fill_asked || changes->fill_answer != 0) return;
    if (changes->job_request.request_id == 0) return;
    struct table_definition *current = job_definition(changes->job.current, &changes->job_arena);
    struct table_definition *target = job_definition(changes->job.target, &changes->job_arena);
    bool is_copy = changes->job.kind == DDL_REBUILD_TABLE;
    if (!is_copy && !has_new_index(current, target, INDEX_UNIQUE)) return;
    struct ddl_done ask = {STATUS_BUSY, changes->job.nonce, changes->job.version,
                           changes->job.table_id};
    dictionary_answer(controller, &changes->job_request, &ask);
    changes->is_fill_asked = true;
}

void job_work(struct controller *controller) {
    struct changes *changes = &controller->changes;
    if (changes->job.kind == 0) return;
    run_work(controller, &changes->job_run);
    bool is_copying = changes->job.kind == DDL_REBUILD_TABLE && changes->job.step == REBUILD_COPY;
    if (changes->job.phase == JOB_DRAIN && (changes->is_backfilled || is_copying))
        job_ask_fill(controller);
}
