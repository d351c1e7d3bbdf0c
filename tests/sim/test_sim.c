/* Facts about the invented world, shown with a toy: a counter that answers an increment once it is on disk, and a
 * client that goes on asking until it is answered. The same toy runs over real sockets in tests/server. */
#include <criterion/criterion.h>

#include "sim/disk.h"
#include "sim/sim.h"

#define COUNTER 11
#define CLIENT  201

static const struct sim_faults quiet = {
    .delay_us_min = 20, .delay_us_max = 200, .disk_us_min = 50, .disk_us_max = 500};
static const struct sim_faults stormy = {.delay_us_min = 20,
                                         .delay_us_max = 2000,
                                         .slow_message_chance = 200,
                                         .break_chance = 100,
                                         .repeat_chance = 300,
                                         .reorder_chance = 300,
                                         .disk_us_min = 50,
                                         .disk_us_max = 2000,
                                         .slow_disk_chance = 100,
                                         .torn_chance = 3000};

/* ---- the counter: MARK asks it to reach a number; DONE answers with the number that is durable ---- */

struct counter {
    uint64_t value, writing, durable;
    uint8_t block[8];
    bool is_writing, is_read, skips_sync;
};

static const struct disk_file counter_file = {DISK_LOG, 0, 1};

static void *counter_open(void *context, struct chunk_source *source, uint64_t now_us,
                          struct effects *out) {
    (void)now_us;
    struct counter *counter = source->take(source, sizeof *counter);
    *counter = (struct counter){.skips_sync = context != NULL};
    effects_disk(out,
                 &(struct disk_op){.kind = DISK_READ, .tag = 1, .file = counter_file, .size = 8});
    return counter;
}

static void counter_write(struct counter *counter, struct effects *out) {
    if (counter->is_writing || counter->value == counter->durable) return;
    counter->is_writing = true;
    counter->writing = counter->value;
    store_le64(counter->block, counter->value);
    effects_disk(out, &(struct disk_op){.kind = counter->skips_sync ? DISK_WRITE : DISK_WRITE_SYNC,
                                        .tag = 2,
                                        .file = counter_file,
                                        .bytes = slice_of(counter->block, 8)});
}

static void counter_answer(const struct counter *counter, struct effects *out) {
    struct message *answer = effects_message(out, MESSAGE_DONE);
    answer->header.from_node = COUNTER;
    answer->header.to_node = CLIENT;
    answer->done.timestamp = counter->durable;
}

static void counter_on_disk(struct counter *counter, const struct disk_done *done,
                            struct effects *out) {
    if (done->tag == 1) {
        counter->is_read = true;
        if (done->status == STATUS_OK && done->bytes.size == 8) {
            counter->value = counter->durable = load_le64(done->bytes.data);
        }
        return;
    }
    counter->is_writing = false;
    counter->durable = counter->writing;
    counter_answer(counter, out);
    counter_write(counter, out);
}

static void counter_step(void *machine, const struct event *event, struct effects *out) {
    struct counter *counter = machine;
    if (event->kind == EVENT_DISK_DONE) counter_on_disk(counter, &event->disk_done, out);
    if (event->kind != EVENT_MESSAGE || event->message->header.kind != MESSAGE_MARK) return;
    if (!counter->is_read) return;
    if (event->message->mark.mark <= counter->durable) counter_answer(counter, out);
    counter->value = MAX(counter->value, event->message->mark.mark);
    counter_write(counter, out);
}

/* ---- the asker ---- */

struct asker {
    uint64_t asked, seen;
};

static void *asker_open(void *context, struct chunk_source *source, uint64_t now_us,
                        struct effects *out) {
    (void)source;
    effects_deadline(out, now_us + 1000);
    return context;
}

static void asker_step(void *machine, const struct event *event, struct effects *out) {
    struct asker *asker = machine;
    effects_deadline(out, event->now_us + 1000);
    if (event->kind == EVENT_MESSAGE && event->message->header.kind == MESSAGE_DONE) {
        asker->seen = MAX(asker->seen, event->message->done.timestamp);
        if (asker->seen >= asker->asked) asker->asked++;
    }
    if (asker->asked == 0) asker->asked = 1;
    struct message *ask = effects_message(out, MESSAGE_MARK);
    ask->header.from_node = CLIENT;
    ask->header.to_node = COUNTER;
    ask->mark.mark = asker->asked;
}

static const struct sim_machine counter_machine = {.open = counter_open, .step = counter_step};
static const struct sim_machine asker_machine = {.open = asker_open, .step = asker_step};

static struct sim *world(uint64_t seed, const struct sim_faults *faults, struct asker *asker,
                         void *plant) {
    struct sim *sim = sim_open(seed, faults);
    sim_add_node(sim, COUNTER, 0, &counter_machine, plant);
    sim_add_node(sim, CLIENT, 1, &asker_machine, asker);
    sim_start(sim, 0);
    sim_start(sim, 1);
    return sim;
}

/* The counter crashes ten times in a second; how often it came back with less than was seen. */
static uint32_t crash_run(uint64_t seed, void *plant, struct asker *asker, uint64_t *hash_out) {
    struct sim *sim = world(seed, &stormy, asker, plant);
    uint32_t losses = 0;
    for (uint32_t i = 0; i < 10; i++) {
        while (sim_step(sim, (i + 1) * 100000)) {}
        sim_crash(sim, 0);
        while (sim_step(sim, (i + 1) * 100000 + 10000)) {}
        uint64_t seen = asker->seen;
        sim_start(sim, 0);
        while (sim_step(sim, (i + 1) * 100000 + 50000)) {}
        const struct counter *counter = sim_machine_of(sim, COUNTER);
        losses += counter->is_read && counter->durable < seen;
    }
    cr_assert_eq(sim_counts(sim)->crashes, 10);
    *hash_out = sim_trace_hash(sim);
    sim_close(sim);
    return losses;
}

Test(sim, a_quiet_world_answers_every_question) {
    struct asker asker = {0};
    struct sim *sim = world(1, &quiet, &asker, NULL);
    while (sim_step(sim, 1000000)) {}
    cr_assert_gt(asker.seen, 300);
    cr_assert_eq(sim_counts(sim)->breaks, 0);
    sim_close(sim);
}

Test(sim, the_same_seed_gives_the_same_trace_and_another_one_does_not) {
    struct asker a = {0}, b = {0}, c = {0};
    uint64_t first, second, third;
    crash_run(7, NULL, &a, &first);
    crash_run(7, NULL, &b, &second);
    crash_run(8, NULL, &c, &third);
    cr_assert_eq(first, second);
    cr_assert_neq(first, third);
    cr_assert_eq(a.seen, b.seen);
}

Test(sim, what_was_answered_after_a_sync_survives_every_crash) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct asker asker = {0};
        uint64_t hash;
        cr_assert_eq(crash_run(seed, NULL, &asker, &hash), 0, "seed %lu", (unsigned long)seed);
        cr_assert_gt(asker.seen, 10);
    }
}

Test(sim, a_counter_that_skips_the_sync_is_found) {
    uint32_t losses = 0;
    int plant = 1;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct asker asker = {0};
        uint64_t hash;
        losses += crash_run(seed, &plant, &asker, &hash);
    }
    cr_assert_gt(losses, 0);
}

Test(sim, a_paused_process_gets_everything_when_it_resumes) {
    struct asker asker = {0};
    struct sim *sim = world(3, &quiet, &asker, NULL);
    while (sim_step(sim, 100000)) {}
    sim_pause(sim, 0);
    while (sim_step(sim, 110000)) {}
    uint64_t seen = asker.seen;
    while (sim_step(sim, 200000)) {}
    cr_assert_eq(asker.seen, seen);
    sim_resume(sim, 0);
    while (sim_step(sim, 300000)) {}
    cr_assert_gt(asker.seen, seen);
    sim_close(sim);
}

Test(sim, a_one_way_cut_stops_one_way) {
    struct asker asker = {0};
    struct sim *sim = world(4, &quiet, &asker, NULL);
    while (sim_step(sim, 100000)) {}
    sim_cut(sim, 0, 1, SIM_CUT);
    while (sim_step(sim, 110000)) {}
    uint64_t seen = asker.seen;
    while (sim_step(sim, 200000)) {}
    cr_assert_eq(asker.seen, seen);
    const struct counter *counter = sim_machine_of(sim, COUNTER);
    cr_assert_eq(counter->durable, asker.asked);
    sim_cut(sim, 0, 1, SIM_HEAL);
    while (sim_step(sim, 300000)) {}
    cr_assert_gt(asker.seen, seen);
    sim_close(sim);
}

Test(sim, a_full_disk_ends_the_process_until_there_is_room) {
    struct asker asker = {0};
    struct sim *sim = world(5, &quiet, &asker, NULL);
    sim_disk_suffers(sim, 0, SIM_DISK_FILLS);
    while (sim_step(sim, 100000)) {}
    cr_assert_eq(sim_state(sim, 0), SIM_DOWN);
    cr_assert_eq(sim_counts(sim)->full_disks, 1);
    cr_assert_eq(asker.seen, 0);
    sim_disk_suffers(sim, 0, SIM_DISK_HAS_ROOM);
    sim_start(sim, 0);
    while (sim_step(sim, 200000)) {}
    cr_assert_eq(sim_state(sim, 0), SIM_UP);
    cr_assert_gt(asker.seen, 0);
    sim_close(sim);
}

Test(sim, a_new_disk_remembers_nothing) {
    struct asker asker = {0};
    struct sim *sim = world(6, &quiet, &asker, NULL);
    while (sim_step(sim, 100000)) {}
    sim_crash(sim, 0);
    sim_disk_suffers(sim, 0, SIM_DISK_IS_NEW);
    asker.asked = 1;
    sim_start(sim, 0);
    const struct counter *counter = sim_machine_of(sim, COUNTER);
    while (!counter->is_read && sim_step(sim, 200000)) {}
    cr_assert(counter->is_read);
    cr_assert_eq(counter->durable, 0);
    sim_close(sim);
}
