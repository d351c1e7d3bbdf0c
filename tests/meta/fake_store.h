/* tests/meta/fake_store.h: a configuration store in memory that loses answers when it is told to.
 *
 * Operations take effect in the order in which they are submitted; done events come out in that order, too.
 */
#ifndef TESTS_META_FAKE_STORE_H
#define TESTS_META_FAKE_STORE_H

#include "wire/step.h"

struct fake_pair {
    struct slice key, value; /* malloc'ed; an empty value: it is absent */
    uint64_t revision;
};
struct fake_store_done {
    struct store_done done;
    struct store_pair *pairs; /* malloc'ed list; bytes belong to the store until its next change */
};

/* What happens to the changes to come. */
enum fake_loss { LOSE_NOTHING, LOSE_ANSWER, LOSE_CHANGE };

struct fake_store {
    struct fake_pair *pairs;
    uint32_t pair_count, pair_capacity;
    uint64_t revision;
    struct fake_store_done dones[64];
    uint32_t done_count;
    enum fake_loss loss;
    uint32_t lose_count; /* of changes to come that are treated so */
    uint64_t change_count, lost_count;
    bool is_unavailable;
};

void fake_store_open(struct fake_store *store);
void fake_store_close(struct fake_store *store);
/* Carries out the store effects. */
void fake_store_take(struct fake_store *store, const struct effects *effects);
/* The next done event; valid until the next call. false: none. */
bool fake_store_next(struct fake_store *store, struct event *event_out);
/* Forgets what is on its way: the controller is gone. */
void fake_store_forget(struct fake_store *store);
/* The value of a key; empty: absent. */
struct slice fake_store_value(const struct fake_store *store, const char *key);

#endif
