/* named_lock.c: GET_LOCK and its kin (SY6).
 *
 * An owner is a session of a SQL daemon; it may take a lock several times and must release it as often. Waiters of one
 * name are served in the order in which they came. Names are few, so lists are searched. Nothing is logged.
 *
 * Whoever would wait for itself over names alone is refused at once (X10). A circle that also goes over row locks ends by
 * a time-out, as in MySQL: sessions wait for names, transactions for rows, and neither knows the other here.
 */
#include "storage/participant_private.h"
#include "storage/system_private.h"

void named_locks_open(struct named_locks *named, struct chunk_source *source) {
    CHECK(source != NULL);
    pool_open(&named->locks, source, sizeof(struct named_lock_entry), NAMED_LOCKS_MAX);
    pool_open(&named->waiters, source, sizeof(struct named_lock_waiter), NAMED_LOCKS_MAX);
    list_open(&named->held);
    list_open(&named->waiting);
    deadline_open(&named->deadlines, source);
}

void named_locks_close(struct named_locks *named) {
    deadline_close(&named->deadlines);
    pool_abandon(&named->locks);
    pool_abandon(&named->waiters);
}

static struct slice name_of(const struct slice_of_name *name) {
    CHECK(name->size <= sizeof name->bytes);
    return slice_of(name->bytes, name->size);
}

static struct named_lock_entry *named_find(struct named_locks *named, struct slice name) {
    LIST_EACH(link, &named->held) {
        struct named_lock_entry *lock = CONTAINER_OF(link, struct named_lock_entry, link);
        if (slice_equal_nocase(name_of(&lock->name), name)) return lock;
    }
    return NULL;
}

static void named_answer(struct shard *shard, const struct message_header *header,
                         enum status status, uint64_t value, struct effects *out) {
    struct message request = {.header = *header};
    struct message answer;
    participant_answer_open(shard, &request, MESSAGE_DONE, &answer);
    answer.done = (struct done){.status = (uint8_t)status, .timestamp = value};
    participant_answer(shard, &answer, ANSWER_NOW, out);
}

/* FULL: too many. */
static enum status named_take(struct named_locks *named, struct slice name, uint32_t incarnation,
                              uint64_t owner) {
    CHECK(named_find(named, name) == NULL);
    struct named_lock_entry *lock = pool_take(&named->locks);
    if (lock == NULL) return STATUS_FULL;
    lock->name.size = (uint32_t)name.size;
    memcpy(lock->name.bytes, name.data, name.size);
    lock->incarnation = incarnation;
    lock->owner = owner;
    lock->count = 1;
    list_push_last(&named->held, &lock->link);
    return STATUS_OK;
}

static void named_waiter_end(struct shard *shard, struct named_lock_waiter *waiter,
                             enum status status, struct effects *out) {
    CHECK(list_holds(&waiter->link));
    struct named_locks *named = &shard->system->named;
    named_answer(shard, &waiter->header, status, 0, out);
    deadline_disarm(&named->deadlines, &waiter->deadline);
    list_remove(&waiter->link);
    pool_give(&named->waiters, waiter);
}

static void named_free(struct shard *shard, struct named_lock_entry *lock, struct effects *out) {
    CHECK(list_holds(&lock->link));
    struct named_locks *named = &shard->system->named;
    struct slice_of_name name = lock->name;
    list_remove(&lock->link);
    pool_give(&named->locks, lock);
    LIST_EACH(link, &named->waiting) {
        struct named_lock_waiter *waiter = CONTAINER_OF(link, struct named_lock_waiter, link);
        if (!slice_equal_nocase(name_of(&waiter->name), name_of(&name))) continue;
        enum status status = named_take(named, name_of(&name), waiter->incarnation, waiter->owner);
        named_waiter_end(shard, waiter, status, out);
        return;
    }
}

/* The lock that an owner waits for; NULL: none. */
static struct named_lock_entry *named_awaited(struct named_locks *named, uint32_t incarnation,
                                              uint64_t owner) {
    LIST_EACH(link, &named->waiting) {
        struct named_lock_waiter *waiter = CONTAINER_OF(link, struct named_lock_waiter, link);
        if (waiter->incarnation == incarnation && waiter->owner == owner)
            return named_find(named, name_of(&waiter->name));
    }
    return NULL;
}

/* Would whoever asks wait for itself? A session waits for one name at a time, so the way from holder to holder has no
 * forks; and it ends, since nobody who closes a circle is let in. */
static bool named_is_circle(struct named_locks *named, const struct named_lock_entry *lock,
                            const struct named_lock *ask) {
    for (uint32_t steps = 0; lock != NULL && steps < NAMED_LOCKS_MAX; steps++) {
        if (lock->incarnation == ask->incarnation && lock->owner == ask->owner) return true;
        lock = named_awaited(named, lock->incarnation, lock->owner);
    }
    return false;
}

static void named_get(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->named_lock.named_lock_kind == NAMED_LOCK_GET);
    const struct named_lock *ask = &message->named_lock;
    struct named_locks *named = &shard->system->named;
    struct named_lock_entry *lock = named_find(named, ask->name);
    if (lock == NULL) {
        enum status status = named_take(named, ask->name, ask->incarnation, ask->owner);
        named_answer(shard, &message->header, status, 0, out);
        return;
    }
    if (lock->incarnation == ask->incarnation && lock->owner == ask->owner) {
        lock->count++;
        named_answer(shard, &message->header, STATUS_OK, 0, out);
        return;
    }
    if (ask->wait_ms != 0 && named_is_circle(named, lock, ask)) {
        named_answer(shard, &message->header, STATUS_DEADLOCK, 0, out);
        return;
    }
    struct named_lock_waiter *waiter = ask->wait_ms == 0 ? NULL : pool_take(&named->waiters);
    if (waiter == NULL) {
        named_answer(shard, &message->header, STATUS_LOCK_TIMEOUT, 0, out);
        return;
    }
    waiter->header = message->header;
    waiter->name = lock->name;
    waiter->incarnation = ask->incarnation;
    waiter->owner = ask->owner;
    list_push_last(&named->waiting, &waiter->link);
    if (ask->wait_ms != UINT32_MAX)
        deadline_arm(&named->deadlines, &waiter->deadline,
                     shard->store->now_us + (uint64_t)ask->wait_ms * 1000);
}

static void named_release(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->named_lock.named_lock_kind == NAMED_LOCK_RELEASE);
    const struct named_lock *ask = &message->named_lock;
    struct named_lock_entry *lock = named_find(&shard->system->named, ask->name);
    enum status status = STATUS_OK;
    if (lock == NULL)
        status = STATUS_NOT_FOUND;
    else if (lock->incarnation != ask->incarnation || lock->owner != ask->owner)
        status = STATUS_DENIED;
    else if (--lock->count == 0)
        named_free(shard, lock, out);
    named_answer(shard, &message->header, status, 0, out);
}

/* The last GET of this name by this owner was given up before its answer came: it still waits, or it holds the lock once
 * more than its owner knows, or it was refused. */
static void named_cancel(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->named_lock.named_lock_kind == NAMED_LOCK_CANCEL);
    const struct named_lock *ask = &message->named_lock;
    struct named_locks *named = &shard->system->named;
    LIST_EACH(link, &named->waiting) {
        struct named_lock_waiter *waiter = CONTAINER_OF(link, struct named_lock_waiter, link);
        if (waiter->incarnation != ask->incarnation || waiter->owner != ask->owner) continue;
        named_waiter_end(shard, waiter, STATUS_CANCELLED, out);
        named_answer(shard, &message->header, STATUS_OK, 0, out);
        return;
    }
    struct named_lock_entry *lock = named_find(named, ask->name);
    bool is_own =
        lock != NULL && lock->incarnation == ask->incarnation && lock->owner == ask->owner;
    if (is_own && --lock->count == 0) named_free(shard, lock, out);
    named_answer(shard, &message->header, STATUS_OK, 0, out);
}

static void named_release_all(struct shard *shard, const struct message *message,
                              struct effects *out) {
    CHECK(message->named_lock.named_lock_kind == NAMED_LOCK_RELEASE_ALL);
    const struct named_lock *ask = &message->named_lock;
    uint64_t released = 0;
    LIST_EACH(link, &shard->system->named.held) {
        struct named_lock_entry *lock = CONTAINER_OF(link, struct named_lock_entry, link);
        if (lock->incarnation != ask->incarnation || lock->owner != ask->owner) continue;
        released += lock->count;
        named_free(shard, lock, out); /* what it grants goes to the end of the list */
    }
    named_answer(shard, &message->header, STATUS_OK, released, out);
}

void system_on_named_lock(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(shard->system != NULL);
    const struct named_lock *ask = &message->named_lock;
    struct named_lock_entry *lock = named_find(&shard->system->named, ask->name);
    if (ask->name.size > sizeof((struct slice_of_name *)NULL)->bytes) {
        named_answer(shard, &message->header, STATUS_TOO_LARGE, 0, out);
        return;
    }
    switch ((enum named_lock_kind)ask->named_lock_kind) {
    case NAMED_LOCK_GET: named_get(shard, message, out); return;
    case NAMED_LOCK_RELEASE: named_release(shard, message, out); return;
    case NAMED_LOCK_RELEASE_ALL: named_release_all(shard, message, out); return;
    case NAMED_LOCK_CANCEL: named_cancel(shard, message, out); return;
    case NAMED_LOCK_IS_FREE:
        named_answer(shard, &message->header, lock == NULL ? STATUS_OK : STATUS_BUSY, 0, out);
        return;
    case NAMED_LOCK_IS_USED:
        named_answer(shard, &message->header, lock == NULL ? STATUS_NOT_FOUND : STATUS_OK,
                     lock == NULL ? 0 : lock->owner, out);
        return;
    }
    named_answer(shard, &message->header, STATUS_INVALID, 0, out);
}

void named_lock_on_deadline(struct shard *shard, struct effects *out) {
    CHECK(shard->system != NULL);
    struct named_locks *named = &shard->system->named;
    struct deadline *deadline;
    while ((deadline = deadline_pop(&named->deadlines, shard->store->now_us)) != NULL)
        named_waiter_end(shard, CONTAINER_OF(deadline, struct named_lock_waiter, deadline),
                         STATUS_LOCK_TIMEOUT, out);
}

void named_lock_forget(struct shard *shard, uint32_t incarnation, struct effects *out) {
    CHECK(shard->system != NULL);
    struct named_locks *named = &shard->system->named;
    LIST_EACH(link, &named->waiting) {
        struct named_lock_waiter *waiter = CONTAINER_OF(link, struct named_lock_waiter, link);
        if (incarnation == 0 || waiter->incarnation == incarnation)
            named_waiter_end(shard, waiter, STATUS_UNAVAILABLE, out);
    }
    LIST_EACH(link, &named->held) {
        struct named_lock_entry *lock = CONTAINER_OF(link, struct named_lock_entry, link);
        if (incarnation == 0 || lock->incarnation == incarnation) named_free(shard, lock, out);
    }
}
