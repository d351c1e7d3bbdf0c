/* dictionary.c: requests to change the dictionary, and who hears of changes.
 *
 *   DDL -> queue -> decision -> (databases, objects, renames, drops: done at once)
 *                            -> (tables whose shards have a part in it: a job, job.c)
 *       -> answers: until every live SQL daemon has LEARNED the version -> DDL_DONE
 *
 *   (DC1) A nonce is done once: the last ones that ended are kept under `done`, the one under way in the job. So a
 *         daemon may ask again after anything was lost.
 *   (DC2) One request a decision, in the order of arrival.
 *   (DC3) A pushed version holds the entries that changed since the last one; who missed one gets the whole.
 *   (DC4) A dropped table's rows go once no SQL daemon uses a version that still has it; nobody waits for that.
 */
#include <inttypes.h>

#include "meta/controller_private.h"

/* A DICTIONARY message in the making. */
struct dictionary_push {
    uint32_t from_version, version, entry_count;
    struct slice entries;
};

void dictionary_open(struct controller *controller) {
    struct changes *changes = &controller->changes;
    list_open(&changes->queue);
    list_open(&changes->answers);
    arena_open(&changes->job_arena, controller->options.source, 0);
    run_open(&changes->job_run, controller->options.source);
    run_open(&changes->drop_run, controller->options.source);
    changes->request_sequence = controller->options.seed & UINT32_MAX;
}

void dictionary_close(struct controller *controller) {
    struct changes *changes = &controller->changes;
    list_append(&controller->free_matters, &changes->queue);
    list_append(&controller->free_matters, &changes->answers);
    run_close(&changes->job_run);
    run_close(&changes->drop_run);
    arena_close(&changes->job_arena);
}

/* ---- requests ---- */

void dictionary_answer(struct controller *controller, const struct message_header *request,
                       const struct ddl_done *done) {
    struct message *message = controller_message(controller, MESSAGE_DDL_DONE, request->from_node);
    message->header.to_incarnation = request->from_incarnation;
    message->header.request_id = request->request_id;
    message->ddl_done = *done;
}

static const struct meta_done *done_find(const struct meta_state *state, uint64_t nonce) {
    for (uint32_t i = 0; i < state->dictionary.done_count; i++)
        if (state->dictionary.done[i].nonce == nonce) return &state->dictionary.done[i];
    return NULL;
}

/* Of a nonce that is done already (DC1). */
static bool matter_answer_again(struct controller *controller, struct matter *matter) {
    const struct meta_done *done = done_find(&controller->state, matter->message->ddl.nonce);
    if (done == NULL) return false;
    matter->done = (struct ddl_done){done->status, done->nonce, done->version, done->table_id};
    if (list_holds(&matter->link)) list_remove(&matter->link);
    list_push_last(&controller->changes.answers, &matter->link);
    return true;
}

static void on_fill_answer(struct controller *controller, const struct message *message) {
    struct changes *changes = &controller->changes;
    if (changes->job.kind == 0 || changes->job.nonce != message->ddl.nonce) return;
    changes->job_request = message->header;
    bool gives_up =
        changes->job.kind == DDL_REBUILD_TABLE && message->ddl.ddl_kind == DDL_UNFILLABLE;
    if (changes->is_fill_asked || gives_up) changes->fill_answer = message->ddl.ddl_kind;
}

void dictionary_on_ddl(struct controller *controller, const struct message *message) {
    struct changes *changes = &controller->changes;
    uint8_t kind = message->ddl.ddl_kind;
    controller->is_decision_wanted = true;
    bool is_of_job = changes->job.kind != 0 && changes->job.nonce == message->ddl.nonce;
    if (kind == DDL_FILLED || kind == DDL_UNFILLABLE) {
        on_fill_answer(controller, message);
        if (is_of_job) return;
    }
    if (is_of_job) {
        changes->job_request = message->header;
        changes->is_fill_asked = false;
        return;
    }
    LIST_EACH(link, &changes->queue) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        if (matter->message->ddl.nonce != message->ddl.nonce) continue;
        matter->message->header = message->header;
        return;
    }
    LIST_EACH(link, &changes->answers) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        if (matter->message->ddl.nonce == message->ddl.nonce) matter_give(controller, matter);
    }
    struct matter *matter = matter_take(controller, message);
    if (!matter_answer_again(controller, matter)) list_push_last(&changes->queue, &matter->link);
}

void dictionary_on_done(struct controller *controller, const struct message *message) {
    struct changes *changes = &controller->changes;
    if (run_on_done(controller, &changes->job_run, message)) return;
    (void)run_on_done(controller, &changes->drop_run, message);
}

/* ---- changes that concern the dictionary alone ---- */

/* What a request looks at and writes to. */
struct ddl_run {
    struct decision *decision;
    const struct meta_dictionary *dictionary;
    const struct ddl *ddl;
};

static bool database_exists(const struct ddl_run *run, struct slice name) {
    return slice_map_find(&run->dictionary->databases, name) != NULL;
}

static enum status ddl_create_database(const struct ddl_run *run) {
    if (run->ddl->database.size == 0) return STATUS_INVALID;
    if (database_exists(run, run->ddl->database)) return STATUS_DUPLICATE;
    decision_next_version(run->decision);
    decision_put_database(run->decision, run->ddl->database, run->ddl->definition);
    return STATUS_OK;
}

static enum status ddl_drop_database(const struct ddl_run *run) {
    struct slice database = run->ddl->database;
    if (!database_exists(run, database)) return STATUS_NOT_FOUND;
    decision_next_version(run->decision);
    decision_drop_database(run->decision, database);
    uint64_t cursor = 0;
    for (const struct meta_table *table;
         (table = map_next(&run->dictionary->tables, &cursor, NULL)) != NULL;)
        if (slice_equal(table->definition->database, database))
            decision_drop_table(run->decision, table);
    struct slice prefix = object_key(run->decision->arena, database, SLICE_EMPTY);
    uint32_t at = 0;
    struct slice key;
    while (slice_map_next(&run->dictionary->objects, &at, &key) != NULL) {
        bool is_inside =
            key.size >= prefix.size && slice_equal(slice_part(key, 0, prefix.size), prefix);
        if (is_inside) decision_drop_object(run->decision, key);
    }
    return STATUS_OK;
}

static enum status ddl_drop_table(const struct ddl_run *run) {
    const struct meta_table *table =
        dictionary_table(run->dictionary, run->ddl->database, run->ddl->name);
    if (table == NULL) return STATUS_NOT_FOUND;
    decision_next_version(run->decision);
    decision_drop_table(run->decision, table);
    return STATUS_OK;
}

/* Names are the dictionary's alone: shards keep their definition and its version. */
static enum status ddl_rename_table(const struct ddl_run *run) {
    const struct ddl *ddl = run->ddl;
    const struct meta_table *table = dictionary_table(run->dictionary, ddl->database, ddl->name);
    if (table == NULL || !database_exists(run, ddl->new_database)) return STATUS_NOT_FOUND;
    if (dictionary_table(run->dictionary, ddl->new_database, ddl->new_name) != NULL)
        return STATUS_DUPLICATE;
    struct table_definition definition = *table->definition;
    definition.database = ddl->new_database;
    definition.name = ddl->new_name;
    if (table_check(&definition) != STATUS_OK) return STATUS_INVALID;
    struct buffer bytes = buffer_of(run->decision->arena);
    table_encode(&definition, &bytes);
    decision_next_version(run->decision);
    decision_put_table(run->decision, table->id, table->next_index_id, buffer_slice(&bytes));
    return STATUS_OK;
}

/* An object without a name is the database's own bytes. */
static enum status ddl_put_object(const struct ddl_run *run) {
    const struct ddl *ddl = run->ddl;
    if (!database_exists(run, ddl->database)) return STATUS_NOT_FOUND;
    decision_next_version(run->decision);
    if (ddl->name.size == 0)
        decision_put_database(run->decision, ddl->database, ddl->definition);
    else
        decision_put_object(run->decision,
                            object_key(run->decision->arena, ddl->database, ddl->name),
                            ddl->definition);
    return STATUS_OK;
}

static enum status ddl_drop_object(const struct ddl_run *run) {
    struct slice key = object_key(run->decision->arena, run->ddl->database, run->ddl->name);
    if (slice_map_find(&run->dictionary->objects, key) == NULL) return STATUS_NOT_FOUND;
    decision_next_version(run->decision);
    decision_drop_object(run->decision, key);
    return STATUS_OK;
}

static enum status ddl_decide(const struct ddl_run *run, const struct message *message) {
    switch ((enum ddl_kind)run->ddl->ddl_kind) {
    case DDL_CREATE_DATABASE: return ddl_create_database(run);
    case DDL_DROP_DATABASE: return ddl_drop_database(run);
    case DDL_CREATE_TABLE:
    case DDL_ALTER_TABLE:
    case DDL_REBUILD_TABLE:
    case DDL_TRUNCATE_TABLE: return job_begin(run->decision, message);
    case DDL_DROP_TABLE: return ddl_drop_table(run);
    case DDL_RENAME_TABLE: return ddl_rename_table(run);
    case DDL_PUT_OBJECT: return ddl_put_object(run);
    case DDL_DROP_OBJECT: return ddl_drop_object(run);
    case DDL_FILLED:
    case DDL_UNFILLABLE: return STATUS_ABORTED; /* its change is over */
    }
    return STATUS_INVALID;
}

static bool kind_is_job(uint8_t kind) {
    return kind == DDL_CREATE_TABLE || kind == DDL_ALTER_TABLE || kind == DDL_TRUNCATE_TABLE ||
           kind == DDL_REBUILD_TABLE;
}

/* The first request of the queue (DC2). Whether it put anything into the decision. */
static bool queue_decide(struct controller *controller, struct decision *decision) {
    struct list_link *link = list_first(&controller->changes.queue);
    if (link == NULL) return false;
    struct matter *matter = CONTAINER_OF(link, struct matter, link);
    if (matter_answer_again(controller, matter)) return true;
    const struct ddl *ddl = &matter->message->ddl;
    struct ddl_run run = {decision, &controller->state.dictionary, ddl};
    uint32_t pairs_before = decision->pair_count;
    enum status status = ddl_decide(&run, matter->message);
    matter->done = (struct ddl_done){
        .status = (uint8_t)status, .nonce = ddl->nonce, .version = decision->dictionary_version};
    if (status != STATUS_OK) {
        CHECK(decision->pair_count == pairs_before);
        matter->done.version = controller->state.dictionary.version;
        dictionary_answer(controller, &matter->message->header, &matter->done);
        matter_give(controller, matter);
        controller->is_decision_wanted = true;
        return true;
    }
    matter->is_decided = true;
    if (kind_is_job(ddl->ddl_kind)) return true;
    struct meta_done done = {ddl->nonce, STATUS_OK, decision->dictionary_version, 0};
    decision_put_done(decision, &done);
    return true;
}

/* ---- dropped tables (DC4) ---- */

static void drop_begin(struct controller *controller, const struct meta_drop *drop) {
    struct changes *changes = &controller->changes;
    /* in every shard: one that never had the table answers OK */
    run_begin(controller, &changes->drop_run, MAP_DEFAULT);
    struct schema_item item = {
        .change = SCHEMA_DROP, .table_id = drop->table_id, .version = drop->version};
    run_add(&changes->drop_run, &item);
    for (uint32_t i = 0; i < drop->hidden_count; i++) {
        item.table_id = drop->hidden[i];
        run_add(&changes->drop_run, &item);
    }
    changes->drop_table_id = drop->table_id;
}

static void drop_work(struct controller *controller) {
    struct changes *changes = &controller->changes;
    if (changes->drop_table_id == 0) {
        uint64_t cursor = 0;
        for (const struct meta_drop *drop;
             (drop = map_next(&controller->state.dictionary.drops, &cursor, NULL)) != NULL;) {
            if (!members_have_left(controller, drop->version)) continue;
            drop_begin(controller, drop);
            break;
        }
    }
    run_work(controller, &changes->drop_run);
}

static void drop_decide(struct controller *controller, struct decision *decision) {
    struct changes *changes = &controller->changes;
    if (changes->drop_table_id == 0) return;
    bool is_over = run_is_done(&changes->drop_run) || changes->drop_run.failed != STATUS_OK;
    if (is_over) decision_end_drop(decision, changes->drop_table_id);
}

/* ---- the controller's calls ---- */

/* Requests that the store knows by now, whatever became of the answer to the change that began them. */
static void queue_settle(struct controller *controller) {
    struct changes *changes = &controller->changes;
    LIST_EACH(link, &changes->queue) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        matter->is_decided = false;
        if (changes->job.kind != 0 && changes->job.nonce == matter->message->ddl.nonce) {
            changes->job_request = matter->message->header;
            matter_give(controller, matter);
        } else {
            (void)matter_answer_again(controller, matter);
        }
    }
}

/* The job is what the store says; who asked for one that has ended is answered, whoever's decision it was. */
static void job_settle(struct controller *controller) {
    struct changes *changes = &controller->changes;
    struct message_header job_request = changes->job_request;
    uint64_t job_nonce = changes->job.kind == 0 ? 0 : changes->job.nonce;
    job_on_decided(controller);
    const struct meta_done *ended =
        job_nonce == 0 ? NULL : done_find(&controller->state, job_nonce);
    if (ended == NULL || job_request.request_id == 0) return;
    struct message request = {.header = job_request};
    request.ddl.nonce = job_nonce;
    request.header.kind = MESSAGE_DDL;
    struct matter *matter = matter_take(controller, &request);
    if (!matter_answer_again(controller, matter)) matter_give(controller, matter);
}

void dictionary_on_load(struct controller *controller) {
    struct changes *changes = &controller->changes;
    changes->drop_table_id = 0;
    changes->drop_run.is_active = false;
    job_settle(controller);
    queue_settle(controller);
    const struct placement *placement = &controller->state.placement;
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct member *member = member_of(controller, placement->nodes[i].node);
        if (member != NULL && member->is_registered && placement->nodes[i].role == ROLE_SQL)
            dictionary_push_whole(controller, placement->nodes[i].node);
    }
}

void dictionary_work(struct controller *controller) {
    struct changes *changes = &controller->changes;
    LIST_EACH(link, &changes->answers) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        if (!members_have_learned(controller, matter->done.version)) continue;
        dictionary_answer(controller, &matter->message->header, &matter->done);
        matter_give(controller, matter);
    }
    job_work(controller);
    drop_work(controller);
}

void dictionary_on_peer(struct controller *controller, const struct peer *peer) {
    if (peer->peer_state != PEER_OPEN) return;
    run_on_open(controller, &controller->changes.job_run, peer->node);
    run_on_open(controller, &controller->changes.drop_run, peer->node);
}

uint64_t dictionary_deadline(const struct controller *controller) {
    const struct changes *changes = &controller->changes;
    return MIN(run_deadline(&changes->job_run), run_deadline(&changes->drop_run));
}

void dictionary_decide(struct controller *controller, struct decision *decision) {
    drop_decide(controller, decision);
    if (controller->changes.job.kind != 0) {
        if (job_decide(controller, decision)) controller->is_decision_wanted = true;
        return;
    }
    if (queue_decide(controller, decision)) controller->is_decision_wanted = true;
}

void dictionary_on_decided(struct controller *controller) {
    struct changes *changes = &controller->changes;
    if (changes->drop_table_id != 0 &&
        map_find(&controller->state.dictionary.drops, changes->drop_table_id) == NULL) {
        changes->drop_table_id = 0;
        changes->drop_run.is_active = false;
    }
    job_settle(controller);
    queue_settle(controller);
}

/* ---- pushes (DC3) ---- */

static void entry_append(struct buffer *entries, uint8_t kind, const struct slice *texts) {
    buffer_append_byte(entries, kind);
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t head[10];
        struct writer writer = writer_of(head, sizeof head);
        writer_varint(&writer, texts[i].size);
        buffer_append(entries, writer_written(&writer));
        buffer_append(entries, texts[i]);
    }
}

static void table_append(struct buffer *entries, const struct table_definition *definition,
                         struct slice bytes) {
    struct slice texts[3] = {definition->database, definition->name, bytes};
    entry_append(entries, bytes.size == 0 ? DICTIONARY_DROPPED_TABLE : DICTIONARY_TABLE, texts);
}

static void object_append(struct buffer *entries, uint8_t kind, struct slice key,
                          struct slice bytes) {
    size_t zero = 0;
    while (zero < key.size && key.data[zero] != 0) zero++;
    struct slice texts[3] = {slice_part(key, 0, zero),
                             slice_part(key, MIN(zero + 1, key.size), key.size), bytes};
    entry_append(entries, kind, texts);
}

static bool key_after(struct slice key, struct slice prefix, struct slice *rest_out) {
    if (key.size < prefix.size || !slice_equal(slice_part(key, 0, prefix.size), prefix))
        return false;
    *rest_out = slice_part(key, prefix.size, key.size);
    return true;
}

static uint64_t digits_value(struct slice digits) {
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) value = 10 * value + (digits.data[i] - '0');
    return value;
}

/* The entry that a pair of the decision means; false: none. */
static bool pair_append(struct controller *controller, const struct store_pair *pair,
                        struct buffer *entries) {
    struct slice rest;
    struct slice bytes =
        pair->value.size > 4 ? slice_part(pair->value, 4, pair->value.size) : SLICE_EMPTY;
    bool is_gone = pair->value.size == 0;
    if (key_after(pair->key, SLICE_LITERAL("database/"), &rest)) {
        struct slice texts[3] = {rest, SLICE_EMPTY, bytes};
        entry_append(entries, is_gone ? DICTIONARY_DROPPED_DATABASE : DICTIONARY_DATABASE, texts);
        return true;
    }
    if (key_after(pair->key, SLICE_LITERAL("object/"), &rest)) {
        object_append(entries, is_gone ? DICTIONARY_DROPPED_OBJECT : DICTIONARY_OBJECT, rest,
                      bytes);
        return true;
    }
    if (!key_after(pair->key, SLICE_LITERAL("table/"), &rest)) return false;
    if (is_gone) {
        const struct meta_table *table =
            map_find(&controller->state.dictionary.tables, digits_value(rest));
        if (table == NULL) return false;
        table_append(entries, table->definition, SLICE_EMPTY);
        return true;
    }
    struct table_definition *definition;
    struct slice encoded = slice_part(pair->value, 8, pair->value.size);
    CHECK(table_decode(encoded, controller->out->arena, &definition) == STATUS_OK);
    table_append(entries, definition, encoded);
    return true;
}

static void dictionary_send(struct controller *controller, uint16_t node,
                            const struct dictionary_push *push) {
    struct message *message = controller_message(controller, MESSAGE_DICTIONARY, node);
    message->dictionary =
        (struct dictionary){push->from_version, push->version, push->entry_count, push->entries};
}

/* Drops come first: a truncated table's name belongs to the new one. */
void dictionary_push(struct controller *controller, const struct decision *decision) {
    struct dictionary_push push = {.from_version = controller->state.dictionary.version,
                                   .version = decision->dictionary_version};
    if (push.from_version == push.version) return;
    struct buffer entries = buffer_of(controller->out->arena);
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < decision->pair_count; i++) {
            const struct store_pair *pair = &decision->pairs[i];
            if ((pair->value.size == 0) != (pass == 0)) continue;
            push.entry_count += pair_append(controller, pair, &entries);
        }
    push.entries = buffer_slice(&entries);
    const struct placement *placement = &controller->state.placement;
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct member *member = member_of(controller, placement->nodes[i].node);
        if (placement->nodes[i].role == ROLE_SQL && member != NULL && member->is_registered)
            dictionary_send(controller, member->node, &push);
    }
}

void dictionary_push_whole(struct controller *controller, uint16_t node) {
    const struct meta_dictionary *all = &controller->state.dictionary;
    struct buffer entries = buffer_of(controller->out->arena);
    struct dictionary_push push = {.version = all->version};
    uint32_t at = 0;
    for (const struct meta_database *database;
         (database = slice_map_next(&all->databases, &at, NULL)) != NULL; push.entry_count++) {
        struct slice texts[3] = {database->name, SLICE_EMPTY, database->bytes};
        entry_append(&entries, DICTIONARY_DATABASE, texts);
    }
    uint64_t cursor = 0;
    for (const struct meta_table *table; (table = map_next(&all->tables, &cursor, NULL)) != NULL;
         push.entry_count++)
        table_append(&entries, table->definition, table->definition_bytes);
    at = 0;
    for (const struct meta_object *object;
         (object = slice_map_next(&all->objects, &at, NULL)) != NULL; push.entry_count++)
        object_append(&entries, DICTIONARY_OBJECT, object->key, object->bytes);
    push.entries = buffer_slice(&entries);
    dictionary_send(controller, node, &push);
}

void dictionary_describe(const struct controller *controller, struct buffer *json) {
    const struct meta_dictionary *dictionary = &controller->state.dictionary;
    buffer_printf(json,
                  "\"schema_version\":%" PRIu32 ",\"databases\":%" PRIu32 ",\"tables\":%" PRIu64
                  ",\"schema_change\":%s",
                  dictionary->version, dictionary->databases.count, dictionary->tables.count,
                  controller->changes.job.kind == 0 ? "false" : "true");
}
