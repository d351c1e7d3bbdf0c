/* sim/config_store.c: what may a configuration store do to its user, and still be linearizable?
 *
 * An operation takes effect at one moment between its submission and its answer; the answer may be late or lost. A
 * lost answer of a CHANGE is UNKNOWN_OUTCOME, whether or not it took effect; of a READ, UNAVAILABLE. A WATCH gives one
 * more done event for each change of a key under its prefix, in order.
 */
#include "sim/config_store.h"

#include <stdlib.h>

struct entry {
    uint8_t *key, *value;
    size_t key_size, value_size;
    uint64_t revision;
};

struct entries {
    struct entry *items; /* in key order */
    uint32_t count, capacity;
    uint64_t revision;
};

struct watch {
    uint16_t node;
    uint32_t life;
    uint64_t tag;
    uint8_t *prefix;
    size_t prefix_size;
};

struct sim_config_store {
    struct sim *sim;
    struct entries now, kept;
    struct watch *watches;
    uint32_t watch_count;
    enum sim_reach reach;
    struct store_pair *answer; /* of the last perform; borrows from entries and payloads */
};

/* What travels in a SIM_STORE event: the operation with its slices in one block, or a watch's news. */
struct payload {
    struct store_op op;
    bool is_news;
    struct store_pair *pairs;
    uint8_t *block;
};

static struct slice entry_key(const struct entry *entry) {
    return slice_of(entry->key, entry->key_size);
}

static uint8_t *bytes_copy(struct slice bytes) {
    uint8_t *copy = malloc(MAX(bytes.size, (size_t)1));
    CHECK(copy != NULL);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    return copy;
}

static void entries_clear(struct entries *entries) {
    for (uint32_t i = 0; i < entries->count; i++) {
        free(entries->items[i].key);
        free(entries->items[i].value);
    }
    free(entries->items);
    *entries = (struct entries){0};
}

static void entries_copy(struct entries *to, const struct entries *from) {
    entries_clear(to);
    to->items = calloc(MAX(from->count, 1u), sizeof *to->items);
    CHECK(to->items != NULL);
    to->count = to->capacity = from->count;
    to->revision = from->revision;
    for (uint32_t i = 0; i < from->count; i++) {
        to->items[i] = from->items[i];
        to->items[i].key = bytes_copy(entry_key(&from->items[i]));
        to->items[i].value = bytes_copy(slice_of(from->items[i].value, from->items[i].value_size));
    }
}

struct sim_config_store *sim_config_store_open(struct sim *sim) {
    struct sim_config_store *store = calloc(1, sizeof *store);
    CHECK(store != NULL);
    store->sim = sim;
    return store;
}

void sim_config_store_close(struct sim_config_store *store) {
    entries_clear(&store->now);
    entries_clear(&store->kept);
    for (uint32_t i = 0; i < store->watch_count; i++) free(store->watches[i].prefix);
    free(store->watches);
    free(store->answer);
    free(store);
}

void sim_config_store_reach(struct sim_config_store *store, enum sim_reach reach) {
    store->reach = reach;
}
void sim_config_store_keep(struct sim_config_store *store) {
    entries_copy(&store->kept, &store->now);
}
void sim_config_store_restore(struct sim_config_store *store) {
    entries_copy(&store->now, &store->kept);
}

void sim_config_store_forget(struct sim_config_store *store, uint16_t node) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < store->watch_count; i++) {
        if (store->watches[i].node == node)
            free(store->watches[i].prefix);
        else
            store->watches[kept++] = store->watches[i];
    }
    store->watch_count = kept;
}

static uint32_t entries_place(const struct entries *entries, struct slice key) {
    uint32_t place = 0;
    while (place < entries->count && slice_compare(entry_key(&entries->items[place]), key) < 0) {
        place++;
    }
    return place;
}

static struct entry *entries_find(const struct entries *entries, struct slice key) {
    uint32_t place = entries_place(entries, key);
    if (place == entries->count || !slice_equal(entry_key(&entries->items[place]), key))
        return NULL;
    return &entries->items[place];
}

static void entries_remove(struct entries *entries, struct entry *entry) {
    free(entry->key);
    free(entry->value);
    uint32_t place = (uint32_t)(entry - entries->items);
    entries->count--;
    memmove(entry, entry + 1, (entries->count - place) * sizeof *entry);
}

static struct entry *entries_insert(struct entries *entries, struct slice key) {
    uint32_t place = entries_place(entries, key);
    if (entries->count == entries->capacity) {
        entries->capacity = MAX(16u, entries->capacity * 2);
        entries->items = realloc(entries->items, entries->capacity * sizeof *entries->items);
        CHECK(entries->items != NULL);
    }
    memmove(entries->items + place + 1, entries->items + place,
            (entries->count - place) * sizeof *entries->items);
    entries->count++;
    entries->items[place] = (struct entry){.key = bytes_copy(key), .key_size = key.size};
    return &entries->items[place];
}

static void entries_put(struct entries *entries, const struct store_pair *pair) {
    struct entry *entry = entries_find(entries, pair->key);
    if (pair->value.size == 0) {
        if (entry != NULL) entries_remove(entries, entry);
        return;
    }
    if (entry == NULL) entry = entries_insert(entries, pair->key);
    free(entry->value);
    entry->value = bytes_copy(pair->value);
    entry->value_size = pair->value.size;
    entry->revision = entries->revision;
}

/* ---- operations ---- */

static bool has_prefix(struct slice key, struct slice prefix) {
    return key.size >= prefix.size && slice_equal(slice_part(key, 0, prefix.size), prefix);
}

/* The operation with all its bytes in one block of memory that the event queue frees: the payload comes first, then
 * the pairs, then the bytes. */
static struct payload *payload_make(const struct store_op *op, size_t *size_out) {
    size_t size =
        sizeof(struct payload) + op->pair_count * sizeof(struct store_pair) + op->prefix.size;
    for (uint32_t i = 0; i < op->pair_count; i++) {
        size += op->pairs[i].key.size + op->pairs[i].value.size;
    }
    struct payload *payload = calloc(1, size);
    CHECK(payload != NULL);
    payload->op = *op;
    payload->pairs = (struct store_pair *)(payload + 1);
    struct writer writer =
        writer_of(payload->pairs + op->pair_count,
                  size - sizeof *payload - op->pair_count * sizeof(struct store_pair));
    payload->op.prefix.data = writer.at;
    writer_bytes(&writer, op->prefix);
    for (uint32_t i = 0; i < op->pair_count; i++) {
        payload->pairs[i] = op->pairs[i];
        payload->pairs[i].key.data = writer.at;
        writer_bytes(&writer, op->pairs[i].key);
        payload->pairs[i].value.data = writer.at;
        writer_bytes(&writer, op->pairs[i].value);
    }
    payload->op.pairs = payload->pairs;
    CHECK(!writer.failed);
    *size_out = size;
    return payload;
}

static void payload_push(struct sim_config_store *store, const struct watch *to,
                         struct payload *payload, size_t size) {
    uint64_t takes_us = random_range(sim_random(store->sim), 200, 3000);
    if (sim_chance(store->sim, sim_faults(store->sim)->slow_store_chance)) takes_us += 100000;
    sim_push(store->sim, (struct sim_event){.at_us = sim_now(store->sim) + takes_us,
                                            .kind = SIM_STORE,
                                            .node = to->node,
                                            .life = to->life,
                                            .payload = payload,
                                            .payload_size = size});
}

void sim_config_store_submit(struct sim_config_store *store, uint16_t node, uint32_t life,
                             const struct store_op *op) {
    size_t size;
    struct payload *payload = payload_make(op, &size);
    struct watch to = {.node = node, .life = life};
    payload_push(store, &to, payload, size);
}

static void tell_watches(struct sim_config_store *store, const struct store_pair *pair) {
    for (uint32_t i = 0; i < store->watch_count; i++) {
        const struct watch *watch = &store->watches[i];
        if (!has_prefix(pair->key, slice_of(watch->prefix, watch->prefix_size))) continue;
        struct store_pair news = *pair;
        news.revision = store->now.revision;
        struct store_op op = {
            .kind = STORE_WATCH, .tag = watch->tag, .pairs = &news, .pair_count = 1};
        size_t size;
        struct payload *payload = payload_make(&op, &size);
        payload->is_news = true;
        payload_push(store, watch, payload, size);
    }
}

static enum status perform_change(struct sim_config_store *store, const struct payload *payload) {
    const struct store_op *op = &payload->op;
    for (uint32_t i = 0; i < op->pair_count; i++) {
        if (payload->pairs[i].revision == UINT64_MAX) continue;
        const struct entry *entry = entries_find(&store->now, payload->pairs[i].key);
        if ((entry == NULL ? 0 : entry->revision) != payload->pairs[i].revision)
            return STATUS_INVALID;
    }
    store->now.revision++;
    for (uint32_t i = 0; i < op->pair_count; i++) {
        entries_put(&store->now, &payload->pairs[i]);
        tell_watches(store, &payload->pairs[i]);
    }
    return STATUS_OK;
}

static void perform_read(struct sim_config_store *store, const struct payload *payload,
                         struct store_done *done) {
    free(store->answer);
    store->answer = calloc(MAX(store->now.count, 1u), sizeof *store->answer);
    CHECK(store->answer != NULL);
    for (uint32_t i = 0; i < store->now.count; i++) {
        const struct entry *entry = &store->now.items[i];
        if (!has_prefix(entry_key(entry), payload->op.prefix)) continue;
        store->answer[done->pair_count++] = (struct store_pair){
            entry_key(entry), slice_of(entry->value, entry->value_size), entry->revision};
    }
    done->pairs = store->answer;
}

static void perform_watch(struct sim_config_store *store, const struct sim_event *event,
                          const struct payload *payload) {
    store->watches = realloc(store->watches, (store->watch_count + 1) * sizeof *store->watches);
    CHECK(store->watches != NULL);
    store->watches[store->watch_count++] =
        (struct watch){event->node, event->life, payload->op.tag, bytes_copy(payload->op.prefix),
                       payload->op.prefix.size};
}

static bool answer_is_lost(struct sim_config_store *store, const struct payload *payload) {
    return payload->op.kind != STORE_WATCH &&
           sim_chance(store->sim, sim_faults(store->sim)->lost_answer_chance);
}

void sim_config_store_perform(struct sim_config_store *store, const struct sim_event *event,
                              struct store_done *done_out) {
    struct payload *payload = event->payload;
    const struct store_op *op = &payload->op;
    *done_out = (struct store_done){.tag = op->tag, .kind = op->kind, .status = STATUS_OK};
    bool is_lost = answer_is_lost(store, payload);
    bool takes_effect =
        store->reach == SIM_REACHABLE && (!is_lost || random_chance(sim_random(store->sim), 0.5));
    if (payload->is_news) {
        done_out->pairs = payload->pairs;
        done_out->pair_count = op->pair_count;
    } else if (takes_effect) {
        if (op->kind == STORE_READ) perform_read(store, payload, done_out);
        if (op->kind == STORE_CHANGE) done_out->status = perform_change(store, payload);
        if (op->kind == STORE_WATCH) perform_watch(store, event, payload);
    }
    done_out->revision = store->now.revision;
    if (payload->is_news || (takes_effect && !is_lost)) return;
    sim_counts_mutable(store->sim)->lost_answers++;
    done_out->status = op->kind == STORE_CHANGE ? STATUS_UNKNOWN_OUTCOME : STATUS_UNAVAILABLE;
    done_out->pair_count = 0;
}

void sim_config_store_orphan(struct sim_config_store *store, const struct sim_event *event) {
    const struct payload *payload = event->payload;
    if (payload->is_news || payload->op.kind != STORE_CHANGE) return;
    if (store->reach != SIM_REACHABLE || random_chance(sim_random(store->sim), 0.5)) return;
    if (perform_change(store, payload) == STATUS_OK)
        sim_counts_mutable(store->sim)->orphan_changes++;
}
