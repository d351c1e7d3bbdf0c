/* outcome.c: what became of transactions that are over here, until nobody can ask any more.
 *
 *   by_hash:   hash(id) -> entry -> entry (same hash, any id)
 *   by_daemon: incarnation -> daemon: mark, exceptions, list of its entries in order of arrival
 *
 * A mark walks its daemon's list once; what it passes goes. The list is in order of arrival, not of numbers, so
 * the walk does not stop early; marks come a few times a second and lists hold what was committed in between.
 */
#include "storage/outcome.h"

#include "base/hash.h"

#define OUTCOME_COUNT_MAX        ((uint64_t)1 << 24)
#define OUTCOME_DAEMON_COUNT_MAX 65536

static uint64_t outcome_hash(struct writer_id id) {
    return hash_pair(id.incarnation, id.txn_number);
}

void outcomes_open(struct outcomes *outcomes, struct chunk_source *source) {
    CHECK(source != NULL);
    outcomes->source = source;
    pool_open(&outcomes->pool, source, sizeof(struct outcome_entry), OUTCOME_COUNT_MAX);
    pool_open(&outcomes->daemon_pool, source, sizeof(struct outcome_daemon),
              OUTCOME_DAEMON_COUNT_MAX);
    map_open(&outcomes->by_hash, source);
    map_open(&outcomes->by_daemon, source);
}

void outcomes_close(struct outcomes *outcomes) {
    uint64_t cursor = 0;
    struct outcome_daemon *daemon;
    while ((daemon = map_next(&outcomes->by_daemon, &cursor, NULL)) != NULL) {
        if (daemon->exceptions != NULL)
            outcomes->source->give(outcomes->source, daemon->exceptions,
                                   daemon->exception_capacity * sizeof(uint64_t));
    }
    map_close(&outcomes->by_hash);
    map_close(&outcomes->by_daemon);
    pool_abandon(&outcomes->pool);
    pool_abandon(&outcomes->daemon_pool);
}

static struct outcome_entry *outcome_entry_find(const struct outcomes *outcomes,
                                                struct writer_id id) {
    CHECK(outcomes->source != NULL);
    struct outcome_entry *entry = map_find(&outcomes->by_hash, outcome_hash(id));
    while (entry != NULL &&
           (entry->id.incarnation != id.incarnation || entry->id.txn_number != id.txn_number))
        entry = entry->next;
    return entry;
}

const struct outcome_entry *outcome_find(const struct outcomes *outcomes, struct writer_id id) {
    return outcome_entry_find(outcomes, id);
}

static struct outcome_daemon *outcome_daemon_take(struct outcomes *outcomes, uint32_t incarnation) {
    CHECK(outcomes->source != NULL);
    struct outcome_daemon *daemon = map_find(&outcomes->by_daemon, incarnation);
    if (daemon != NULL) return daemon;
    daemon = pool_take(&outcomes->daemon_pool);
    if (daemon == NULL) return NULL;
    daemon->incarnation = incarnation;
    list_open(&daemon->outcomes);
    map_put(&outcomes->by_daemon, incarnation, daemon);
    return daemon;
}

enum status outcome_put(struct outcomes *outcomes, const struct outcome_entry *outcome) {
    CHECK(outcome->id.txn_number != 0);
    CHECK(outcome->kind >= OUTCOME_KIND_COMMITTED && outcome->kind <= OUTCOME_KIND_ENDED);
    struct outcome_entry *entry = outcome_entry_find(outcomes, outcome->id);
    if (entry == NULL) {
        struct outcome_daemon *daemon = outcome_daemon_take(outcomes, outcome->id.incarnation);
        entry = daemon == NULL ? NULL : pool_take(&outcomes->pool);
        if (entry == NULL) return STATUS_BUSY;
        uint64_t hash = outcome_hash(outcome->id);
        entry->next = map_find(&outcomes->by_hash, hash);
        entry->id = outcome->id;
        map_put(&outcomes->by_hash, hash, entry);
        list_push_last(&daemon->outcomes, &entry->link);
    } else if (entry->kind != OUTCOME_KIND_ENDED) {
        CHECK(outcome->kind == OUTCOME_KIND_ENDED || outcome->kind == entry->kind); /* X4: one */
        if (outcome->kind == entry->kind) CHECK(entry->timestamp == outcome->timestamp);
        return STATUS_OK;
    }
    entry->kind = outcome->kind;
    entry->timestamp = outcome->timestamp;
    entry->position = outcome->position;
    return STATUS_OK;
}

static bool outcome_is_exception(const struct outcome_daemon *daemon, uint64_t txn_number) {
    CHECK(daemon->exception_count <= daemon->exception_capacity);
    uint32_t low = 0, high = daemon->exception_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (daemon->exceptions[middle] < txn_number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < daemon->exception_count && daemon->exceptions[low] == txn_number;
}

static bool outcome_daemon_passed(const struct outcome_daemon *daemon, uint64_t txn_number) {
    return txn_number < daemon->mark && !outcome_is_exception(daemon, txn_number);
}

bool outcome_is_over(const struct outcomes *outcomes, struct writer_id id) {
    const struct outcome_daemon *daemon = map_find(&outcomes->by_daemon, id.incarnation);
    if (daemon == NULL) return false;
    return daemon->state != OUTCOME_DAEMON_LIVE || outcome_daemon_passed(daemon, id.txn_number);
}

bool outcome_is_presumed_aborted(const struct outcomes *outcomes, struct writer_id id) {
    const struct outcome_daemon *daemon = map_find(&outcomes->by_daemon, id.incarnation);
    if (daemon == NULL || daemon->state != OUTCOME_DAEMON_ENDED) return false;
    return !outcome_daemon_passed(daemon, id.txn_number) && outcome_find(outcomes, id) == NULL;
}

static void outcome_remove(struct outcomes *outcomes, struct outcome_entry *entry) {
    uint64_t hash = outcome_hash(entry->id);
    struct outcome_entry *first = map_find(&outcomes->by_hash, hash);
    CHECK(first != NULL);
    if (first == entry) {
        if (entry->next == NULL)
            map_remove(&outcomes->by_hash, hash);
        else
            map_put(&outcomes->by_hash, hash, entry->next);
    } else {
        while (first->next != entry) first = first->next;
        first->next = entry->next;
    }
    list_remove(&entry->link);
    pool_give(&outcomes->pool, entry);
}

static void outcome_forget_passed(struct outcomes *outcomes, struct outcome_daemon *daemon) {
    CHECK(daemon->incarnation != 0);
    LIST_EACH(link, &daemon->outcomes) {
        struct outcome_entry *entry = CONTAINER_OF(link, struct outcome_entry, link);
        bool is_kept = !outcome_daemon_passed(daemon, entry->id.txn_number);
        if (daemon->state == OUTCOME_DAEMON_ENDED) /* (O4) */
            is_kept = is_kept && entry->kind == OUTCOME_KIND_COMMITTED;
        if (daemon->state == OUTCOME_DAEMON_FORGOTTEN) is_kept = false;
        if (!is_kept) outcome_remove(outcomes, entry);
    }
}

static void outcome_keep_exceptions(struct outcomes *outcomes, struct outcome_daemon *daemon,
                                    struct slice exceptions) {
    CHECK(exceptions.size % 8 == 0);
    uint32_t count = (uint32_t)(exceptions.size / 8);
    if (count > daemon->exception_capacity) {
        struct chunk_source *source = outcomes->source;
        if (daemon->exceptions != NULL)
            source->give(source, daemon->exceptions, daemon->exception_capacity * sizeof(uint64_t));
        daemon->exception_capacity = MAX(2 * count, 64u);
        daemon->exceptions = source->take(source, daemon->exception_capacity * sizeof(uint64_t));
    }
    for (uint32_t i = 0; i < count; i++) daemon->exceptions[i] = load_le64(exceptions.data + 8 * i);
    daemon->exception_count = count;
}

enum status outcome_mark(struct outcomes *outcomes, uint32_t incarnation, uint64_t mark,
                         struct slice exceptions) {
    if (exceptions.size % 8 != 0 || exceptions.size / 8 > UINT32_MAX / 16) return STATUS_CORRUPT;
    for (size_t i = 0; i + 8 <= exceptions.size; i += 8) {
        uint64_t number = load_le64(exceptions.data + i);
        if (number >= mark) return STATUS_CORRUPT;
        if (i > 0 && number <= load_le64(exceptions.data + i - 8)) return STATUS_CORRUPT;
    }
    struct outcome_daemon *daemon = outcome_daemon_take(outcomes, incarnation);
    if (daemon == NULL) return STATUS_BUSY;
    if (mark < daemon->mark) return STATUS_OK;
    daemon->mark = mark;
    outcome_keep_exceptions(outcomes, daemon, exceptions);
    outcome_forget_passed(outcomes, daemon);
    return STATUS_OK;
}

bool outcome_mark_is_news(const struct outcomes *outcomes, uint32_t incarnation, uint64_t mark,
                          uint32_t exception_count) {
    const struct outcome_daemon *daemon = map_find(&outcomes->by_daemon, incarnation);
    if (daemon == NULL) return mark > 0;
    if (daemon->state != OUTCOME_DAEMON_LIVE) return false;
    return mark > daemon->mark ||
           (mark == daemon->mark && exception_count < daemon->exception_count);
}

bool outcome_knows_daemon(const struct outcomes *outcomes, uint32_t incarnation) {
    const struct outcome_daemon *daemon = map_find(&outcomes->by_daemon, incarnation);
    return daemon != NULL && daemon->state == OUTCOME_DAEMON_LIVE;
}

void outcome_end_daemon(struct outcomes *outcomes, uint32_t incarnation) {
    struct outcome_daemon *daemon = outcome_daemon_take(outcomes, incarnation);
    if (daemon == NULL || daemon->state != OUTCOME_DAEMON_LIVE) return;
    daemon->state = OUTCOME_DAEMON_ENDED;
    outcome_forget_passed(outcomes, daemon);
}

void outcome_forget_daemon(struct outcomes *outcomes, uint32_t incarnation) {
    struct outcome_daemon *daemon = outcome_daemon_take(outcomes, incarnation);
    if (daemon == NULL) return;
    daemon->state = OUTCOME_DAEMON_FORGOTTEN;
    outcome_forget_passed(outcomes, daemon);
    CHECK(list_is_empty(&daemon->outcomes));
}

void outcome_forget_ended(struct outcomes *outcomes) {
    uint64_t cursor = 0;
    struct outcome_daemon *daemon;
    while ((daemon = map_next(&outcomes->by_daemon, &cursor, NULL)) != NULL) {
        LIST_EACH(link, &daemon->outcomes) {
            struct outcome_entry *entry = CONTAINER_OF(link, struct outcome_entry, link);
            if (entry->kind == OUTCOME_KIND_ENDED) outcome_remove(outcomes, entry);
        }
    }
}

uint64_t outcome_count(const struct outcomes *outcomes) { return outcomes->pool.count; }

const struct outcome_daemon *outcome_daemon_next(const struct outcomes *outcomes,
                                                 uint64_t *cursor) {
    return map_next(&outcomes->by_daemon, cursor, NULL);
}
