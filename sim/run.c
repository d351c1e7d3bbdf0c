/* sim/run.c: what happens to a cluster in one seed, and what must be true at its end?
 *
 *   start --> busy: clients work while faults happen --> calm: everything runs, no faults --> quiet: clients finish
 *         --> audit: one client reads everything --> verdict
 *
 * The seed decides the shape of the cluster, the faults' rates and their times.
 *   (U1) After the faults end, progress must come back: a run that does not reach its audit is a violation.
 *   (U2) In `replicated` all replicas of a group never lose power together (CORE D5's cut is not built); they may all be killed.
 */
#include "sim/run.h"

#include <stdio.h>

#define BUSY_US      1500000
#define CALM_US      20000000
#define REST_US      700000
#define START_US     3000000
#define COPY_WAIT_US 200000
#define AWAY_US_MAX  300000
#define SILENCE_US   600000
#define RECOVERY_US  100000
#define MOMENT_US    100000 /* that a moment is waited for */
#define WATCH_US     20000  /* until clients that are to watch do nothing else */

struct run {
    struct town *town;
    struct sim *sim;
    struct random random;
    uint64_t faults;
    uint64_t copy_crashes[COPY_STAGES];
};

/* Two seeds of three forget their log soon, so that whoever was away needs a copy, in many parts; and make
 * checkpoints all the time. */
static void shape_storage(struct random *random, struct town_options *town) {
    if (random_chance(random, 0.67)) {
        town->tail_bytes = 64u << random_below(random, 5);
        town->part_bytes = 128u << random_below(random, 4);
        town->first_rows = 200u * (uint32_t)random_below(random, 3);
    }
    if (random_chance(random, 0.67)) town->checkpoint_log_bytes = 16384u << random_below(random, 4);
}

static struct town_options shape_of(struct random *random, const struct run_options *options) {
    struct town_options town = {.seed = options->seed, .fault = options->fault};
    uint32_t kind = (uint32_t)random_below(random, 10);
    town.replica_count = kind < 2 ? 1 : kind < 8 ? 2 : 3;
    uint32_t groups = town.replica_count == 3 ? 1 : (uint32_t)random_range(random, 1, 2);
    town.store_count = (uint16_t)(town.replica_count * groups);
    town.shards_per_node = (uint16_t)random_range(random, 1, 2);
    town.front_count = (uint16_t)random_range(random, 1, 2);
    town.client_count = (uint16_t)random_range(random, 2, 4);
    town.durability = random_chance(random, 0.5) ? DURABILITY_SYNC : DURABILITY_REPLICATED;
    shape_storage(random, &town);
    if (random_chance(random, 0.3)) { /* sessions cost more than transactions */
        town.sql_client_count = town.client_count;
        town.client_count = 1;
    }
    bool is_stormy = random_chance(random, 0.7);
    town.faults = (struct sim_faults){.delay_us_min = 20,
                                      .delay_us_max = random_chance(random, 0.2) ? 3000 : 300,
                                      .slow_message_chance = is_stormy ? 30 : 0,
                                      .break_chance = is_stormy ? 10 : 0,
                                      .repeat_chance = is_stormy ? 50 : 0,
                                      .reorder_chance = is_stormy ? 50 : 0,
                                      .proof_chance = 6000,
                                      .disk_us_min = 30,
                                      .disk_us_max = 400,
                                      .slow_disk_chance = is_stormy ? 50 : 0,
                                      .lost_answer_chance = is_stormy ? 300 : 0,
                                      .slow_store_chance = is_stormy ? 100 : 0,
                                      .torn_chance = 3000};
    return town;
}

/* ---- faults with a time of their own ---- */

static void run_until(struct run *run, uint64_t us) {
    while (sim_step(run->sim, us)) {}
}

/* Power lost, or killed (U2). */
static void process_down(struct run *run, uint32_t process) {
    if (sim_state(run->sim, process) != SIM_UP) return;
    bool loses_power = town_options(run->town)->durability == DURABILITY_SYNC;
    if (loses_power)
        sim_crash(run->sim, process);
    else
        sim_kill(run->sim, process);
    run->faults++;
}

static void all_down(struct run *run) {
    for (uint32_t process = 0; process < town_process_count(run->town); process++) {
        process_down(run, process);
    }
}

static void all_up(struct run *run) {
    for (uint32_t process = 0; process < town_process_count(run->town); process++) {
        if (sim_state(run->sim, process) == SIM_PAUSED) sim_resume(run->sim, process);
        if (sim_state(run->sim, process) == SIM_DOWN) sim_start(run->sim, process);
    }
}

static void pause_for(struct run *run, uint32_t process, uint64_t us) {
    if (sim_state(run->sim, process) != SIM_UP) return;
    sim_pause(run->sim, process);
    run->faults++;
    run_until(run, sim_now(run->sim) + us);
    if (sim_state(run->sim, process) == SIM_PAUSED) sim_resume(run->sim, process);
}

static void cut_for(struct run *run, uint32_t from, uint32_t to, uint64_t us) {
    if (from == to) return;
    sim_cut(run->sim, from, to, SIM_CUT);
    run->faults++;
    run_until(run, sim_now(run->sim) + us);
    sim_cut(run->sim, from, to, SIM_HEAL);
    /* What was lost on an open connection would be missing for ever: a healed cut is a new connection. */
    sim_break_connections(run->sim, from);
}

/* One storage node and one SQL daemon that believes in it, apart from all others: an old primary that can be reached. The daemon's
 * clients watch it: one who wrote would wait for the others at once and not see what it shows. */
static void split_for(struct run *run, uint64_t us) {
    struct sim *sim = run->sim;
    const struct town_options *town = town_options(run->town);
    uint32_t store = (uint32_t)random_below(&run->random, town->store_count);
    uint32_t front = (uint32_t)random_below(&run->random, town->front_count);
    uint64_t island =
        BIT(town_process_of_store(run->town, store)) | BIT(town_process_of_front(run->town, front));
    town_watch(run->town, front);
    run_until(run, sim_now(sim) + WATCH_US);
    for (int step = SIM_CUT; step >= SIM_HEAL; step--) {
        for (uint32_t a = 0; a < town_process_count(run->town); a++) {
            for (uint32_t b = 0; b < town_process_count(run->town); b++) {
                bool is_between = ((island >> a) & 1) != ((island >> b) & 1);
                if (is_between) sim_cut(sim, a, b, (enum sim_cut)step);
            }
        }
        if (step == SIM_CUT) run_until(run, sim_now(sim) + us);
    }
    run->faults++;
    town_work(run->town, front);
    for (uint32_t a = 0; a < town_process_count(run->town); a++)
        if (((island >> a) & 1) != 0) sim_break_connections(sim, a);
}

static uint32_t some_process(struct run *run) {
    return (uint32_t)random_below(&run->random, town_process_count(run->town));
}

/* A storage node is away until the log has gone on without it, comes back for a copy, and ends in a stage of it. */
static void copy_down(struct run *run) {
    const struct town_options *town = town_options(run->town);
    if (town->replica_count == 1 || town->tail_bytes == 0) return;
    enum inspect_copy stage = (enum inspect_copy)random_range(&run->random, 1, COPY_STAGES);
    uint64_t steps = stage == INSPECT_FILLING ? 0 : random_below(&run->random, 16);
    uint32_t store = (uint32_t)random_below(&run->random, town->store_count);
    uint32_t process = town_process_of_store(run->town, store);
    process_down(run, process);
    run_until(run, sim_now(run->sim) + random_range(&run->random, 20000, AWAY_US_MAX));
    if (sim_state(run->sim, process) == SIM_DOWN) sim_start(run->sim, process);
    uint64_t end_us = sim_now(run->sim) + COPY_WAIT_US;
    while (sim_step(run->sim, end_us)) {
        if (town_copy_of(run->town, store) != stage || steps-- > 0) continue;
        run->copy_crashes[stage - 1]++;
        process_down(run, process);
        return;
    }
}

/* ---- faults that wait for their moment ---- */

/* A disk rots while its node is away and the others go on without it. Whoever finds the damage refuses to serve (D3) and
 * gets a new disk; what is not found does no harm. */
static void rot(struct run *run) {
    uint32_t store = (uint32_t)random_below(&run->random, town_options(run->town)->store_count);
    uint32_t process = town_process_of_store(run->town, store);
    if (town_options(run->town)->replica_count == 1) return;
    process_down(run, process);
    run_until(run, sim_now(run->sim) + random_range(&run->random, 20000, SILENCE_US));
    if (sim_state(run->sim, process) != SIM_DOWN || !town_can_spare(run->town, store)) return;
    for (uint64_t bits = random_range(&run->random, 1, 4); bits > 0; bits--)
        sim_disk_suffers(run->sim, process, SIM_DISK_ROTS);
    run->faults++;
    sim_start(run->sim, process);
    run_until(run, sim_now(run->sim) + RECOVERY_US);
    bool is_refused = sim_state(run->sim, process) == SIM_DOWN;
    if (!is_refused) return;
    CHECK(town_can_spare(run->town, store));
    sim_disk_suffers(run->sim, process, SIM_DISK_IS_NEW);
    sim_start(run->sim, process);
}

static void fill_disk(struct run *run, uint64_t us) {
    uint32_t store = (uint32_t)random_below(&run->random, town_options(run->town)->store_count);
    uint32_t process = town_process_of_store(run->town, store);
    sim_disk_suffers(run->sim, process, SIM_DISK_FILLS);
    run->faults++;
    run_until(run, sim_now(run->sim) + us);
    sim_disk_suffers(run->sim, process, SIM_DISK_HAS_ROOM);
}

/* The controller ends with a change of the store under way: it may take effect or not. */
static void meta_down_in_change(struct run *run) {
    uint64_t asked = sim_counts(run->sim)->changes_asked;
    uint64_t end_us = sim_now(run->sim) + MOMENT_US;
    process_down(run, town_process_of_store(run->town, 0)); /* something to decide */
    while (sim_counts(run->sim)->changes_asked == asked)
        if (!sim_step(run->sim, end_us)) return;
    process_down(run, 0);
}

/* A SQL daemon ends between the PREPAREDs of a transaction. */
static void front_down_in_commit(struct run *run) {
    const struct checker *checker = town_checker(run->town);
    uint64_t prepared = checker->prepared, end_us = sim_now(run->sim) + MOMENT_US;
    while (checker->prepared == prepared)
        if (!sim_step(run->sim, end_us)) return;
    uint32_t front = checker->prepared_to - NODE_SQL_FIRST;
    for (uint64_t steps = random_below(&run->random, 6); steps > 0; steps--)
        (void)sim_step(run->sim, end_us);
    if (front < town_options(run->town)->front_count)
        process_down(run, town_process_of_front(run->town, front));
}

static void one_fault(struct run *run) {
    uint32_t process = some_process(run);
    uint64_t us = random_range(&run->random, 1000, 400000);
    if (random_chance(&run->random, 0.4)) us += SILENCE_US; /* long enough to be replaced */
    switch (random_below(&run->random, 16)) {
    case 0:
    case 1:
    case 2:
    case 3: process_down(run, process); break;
    case 4: pause_for(run, process, us); break;
    case 5: cut_for(run, process, some_process(run), us); break;
    case 6:
        if (sim_state(run->sim, process) == SIM_UP) sim_break_connections(run->sim, process);
        run->faults++;
        break;
    case 7:
        if (random_chance(&run->random, 0.3)) all_down(run);
        break;
    case 8:
    case 15: split_for(run, us + SILENCE_US); break;
    case 9:
    case 10: copy_down(run); break;
    case 11: rot(run); break;
    case 12: fill_disk(run, us); break;
    case 13: meta_down_in_change(run); break;
    case 14: front_down_in_commit(run); break;
    default: break;
    }
}

/* Every process that is down comes back after a while. */
static void some_up(struct run *run) {
    for (uint32_t process = 0; process < town_process_count(run->town); process++) {
        bool rises = sim_state(run->sim, process) == SIM_DOWN && random_chance(&run->random, 0.5);
        if (rises) sim_start(run->sim, process);
    }
}

static void busy(struct run *run) {
    uint64_t end_us = sim_now(run->sim) + BUSY_US;
    while (sim_now(run->sim) < end_us) {
        run_until(run, sim_now(run->sim) + random_range(&run->random, 5000, 150000));
        one_fault(run);
        run_until(run, sim_now(run->sim) + random_range(&run->random, 1000, 100000));
        some_up(run);
    }
}

/* ---- phases ---- */

static void wait_for_first_commits(struct run *run) {
    uint64_t end_us = sim_now(run->sim) + START_US;
    while (town_history(run->town)->commits < 5 && sim_now(run->sim) < end_us) {
        run_until(run, sim_now(run->sim) + 10000);
    }
    if (town_history(run->town)->commits < 5) {
        history_violation(town_history(run->town), "start: no five commits within %d us", START_US);
    }
}

/* (U1) */
static void wait_for_audit(struct run *run) {
    uint64_t end_us = sim_now(run->sim) + CALM_US;
    town_quiet(run->town);
    while (!town_is_idle(run->town) && sim_now(run->sim) < end_us) {
        run_until(run, sim_now(run->sim) + 20000);
    }
    town_audit(run->town);
    while (!town_is_audited(run->town) && sim_now(run->sim) < end_us) {
        run_until(run, sim_now(run->sim) + 20000);
    }
    if (!town_is_audited(run->town)) {
        history_violation(town_history(run->town), "progress: not audited %d us after the faults",
                          CALM_US);
    }
}

void run_seed(const struct run_options *options, struct run_result *result_out) {
    struct run run = {0};
    random_open(&run.random, options->seed ^ 0x5eed);
    struct town_options shape = shape_of(&run.random, options);
    run.town = town_open(&shape);
    run.sim = town_sim(run.town);
    if (options->prints_events) sim_print_events(run.sim);
    town_start(run.town);
    wait_for_first_commits(&run);
    busy(&run);
    sim_calm(run.sim);
    for (uint32_t i = 0; i < town_process_count(run.town); i++)
        sim_disk_suffers(run.sim, i, SIM_DISK_HAS_ROOM);
    all_up(&run);
    wait_for_audit(&run);
    run_until(&run, sim_now(run.sim) + REST_US);
    town_check_rest(run.town);
    if (options->prints_events) town_print(run.town);
    const struct history *history = town_history(run.town);
    const struct sim_counts *counts = sim_counts(run.sim);
    *result_out = (struct run_result){.trace_hash = sim_trace_hash(run.sim),
                                      .virtual_us = sim_now(run.sim),
                                      .faults = run.faults + counts->breaks,
                                      .failovers = town_checker(run.town)->failovers,
                                      .copies = town_checker(run.town)->copies,
                                      .copy_parts = town_checker(run.town)->copy_parts,
                                      .checkpoints = counts->checkpoints,
                                      .statements = town_sql_history(run.town)->statements,
                                      .errors = town_sql_history(run.town)->errors,
                                      .changes = town_sql_history(run.town)->changes,
                                      .comparisons = town_sql_history(run.town)->comparisons,
                                      .proofs = counts->proofs,
                                      .rots = counts->rots,
                                      .wipes = counts->wipes,
                                      .full_disks = counts->full_disks,
                                      .orphan_changes = counts->orphan_changes,
                                      .recoveries = counts->restarts - town_process_count(run.town),
                                      .commits = history->commits,
                                      .aborts = history->aborts,
                                      .unknowns = history->unknowns,
                                      .reads = history->reads,
                                      .snapshots = history->snapshots,
                                      .events = counts->events};
    memcpy(result_out->copy_crashes, run.copy_crashes, sizeof run.copy_crashes);
    snprintf(result_out->violation, sizeof result_out->violation, "%s", history->violation);
    town_close(run.town);
}
