/* fake_store.c: see fake_store.h. */
#include "tests/meta/fake_store.h"

#include <stdlib.h>

void fake_store_open(struct fake_store *store) { *store = (struct fake_store){0}; }

static struct slice bytes_copy(struct slice bytes) {
    uint8_t *copy = malloc(bytes.size + 1);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    return slice_of(copy, bytes.size);
}

static void bytes_free(struct slice bytes) { free((void *)(uintptr_t)bytes.data); }

void fake_store_close(struct fake_store *store) {
    for (uint32_t i = 0; i < store->pair_count; i++) {
        bytes_free(store->pairs[i].key);
        bytes_free(store->pairs[i].value);
    }
    free(store->pairs);
    fake_store_forget(store);
}

static struct fake_pair *pair_find(const struct fake_store *store, struct slice key) {
    for (uint32_t i = 0; i < store->pair_count; i++)
        if (slice_equal(store->pairs[i].key, key)) return &store->pairs[i];
    return NULL;
}

static bool change_matches(const struct fake_store *store, const struct store_op *op) {
    for (uint32_t i = 0; i < op->pair_count; i++) {
        const struct store_pair *wanted = &op->pairs[i];
        const struct fake_pair *pair = pair_find(store, wanted->key);
        uint64_t revision = pair == NULL || pair->value.size == 0 ? 0 : pair->revision;
        if (wanted->revision != UINT64_MAX && wanted->revision != revision) return false;
    }
    return true;
}

static void change_apply(struct fake_store *store, const struct store_op *op) {
    store->revision++;
    store->change_count++;
    for (uint32_t i = 0; i < op->pair_count; i++) {
        struct fake_pair *pair = pair_find(store, op->pairs[i].key);
        if (pair == NULL) {
            if (store->pair_count == store->pair_capacity) {
                store->pair_capacity = 2 * store->pair_capacity + 64;
                store->pairs = realloc(store->pairs, store->pair_capacity * sizeof *store->pairs);
            }
            pair = &store->pairs[store->pair_count++];
            *pair = (struct fake_pair){.key = bytes_copy(op->pairs[i].key)};
        } else {
            bytes_free(pair->value);
        }
        pair->value = bytes_copy(op->pairs[i].value);
        pair->revision = store->revision;
    }
}

static enum status change(struct fake_store *store, const struct store_op *op) {
    enum fake_loss loss = store->lose_count > 0 ? store->loss : LOSE_NOTHING;
    if (store->lose_count > 0) store->lose_count--;
    if (loss != LOSE_NOTHING) store->lost_count++;
    if (loss == LOSE_CHANGE) return STATUS_UNKNOWN_OUTCOME;
    if (!change_matches(store, op)) return STATUS_INVALID;
    change_apply(store, op);
    return loss == LOSE_ANSWER ? STATUS_UNKNOWN_OUTCOME : STATUS_OK;
}

static void read_pairs(const struct fake_store *store, struct fake_store_done *out) {
    out->pairs = calloc(store->pair_count + 1, sizeof *out->pairs);
    for (uint32_t i = 0; i < store->pair_count; i++) {
        const struct fake_pair *pair = &store->pairs[i];
        if (pair->value.size == 0) continue;
        out->pairs[out->done.pair_count++] =
            (struct store_pair){bytes_copy(pair->key), bytes_copy(pair->value), pair->revision};
    }
    out->done.pairs = out->pairs;
}

static void done_free(struct fake_store_done *done) {
    for (uint32_t i = 0; i < done->done.pair_count; i++) {
        bytes_free(done->pairs[i].key);
        bytes_free(done->pairs[i].value);
    }
    free(done->pairs);
    *done = (struct fake_store_done){0};
}

static void perform(struct fake_store *store, const struct store_op *op) {
    CHECK(store->done_count < ARRAY_COUNT(store->dones));
    struct fake_store_done *out = &store->dones[store->done_count++];
    *out = (struct fake_store_done){.done = {.tag = op->tag, .kind = op->kind}};
    if (store->is_unavailable)
        out->done.status = STATUS_UNAVAILABLE;
    else if (op->kind == STORE_CHANGE)
        out->done.status = change(store, op);
    else if (op->kind == STORE_READ)
        read_pairs(store, out);
    out->done.revision = store->revision;
}

void fake_store_take(struct fake_store *store, const struct effects *effects) {
    for (uint32_t i = 0; i < effects->count; i++)
        if (effects->list[i].kind == EFFECT_STORE) perform(store, &effects->list[i].store_op);
}

bool fake_store_next(struct fake_store *store, struct event *event_out) {
    static struct fake_store_done current;
    done_free(&current);
    if (store->done_count == 0) return false;
    current = store->dones[0];
    memmove(store->dones, store->dones + 1, --store->done_count * sizeof *store->dones);
    *event_out = (struct event){.kind = EVENT_STORE_DONE, .store_done = current.done};
    return true;
}

void fake_store_forget(struct fake_store *store) {
    for (uint32_t i = 0; i < store->done_count; i++) done_free(&store->dones[i]);
    store->done_count = 0;
}

struct slice fake_store_value(const struct fake_store *store, const char *key) {
    const struct fake_pair *pair = pair_find(store, slice_of_text(key));
    return pair == NULL ? SLICE_EMPTY : pair->value;
}
