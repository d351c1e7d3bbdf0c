/* sim/main.c: tessera-sim: many seeds, one verdict.
 *
 *   tessera-sim --seeds N [--from SEED] [--fault NAME]      runs seeds, prints the counts; 1 when a seed is violated
 *   tessera-sim --seed SEED [--trace]                       one seed, twice: the same trace hash, or it says so
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/run.h"

static const char *const fault_names[FAULT_COUNT] = {
    "none",           "skip-sync",      "skip-term-check", "answer-early", "serve-unconfirmed",
    "forget-outcome", "raise-to-commit"};

/* A broken CHECK of a machine ends the process: it has to say in which seed. */
static struct {
    volatile unsigned long long seed;
    volatile int fault;
} running;

static void on_abort(int signal_number) {
    char text[120];
    int size = snprintf(text, sizeof text, "seed %llu: a CHECK is broken%s\n", running.seed,
                        running.fault != FAULT_NONE ? "; planted fault: found" : "");
    bool is_told = write(STDOUT_FILENO, text, (size_t)size) == size;
    (void)signal_number;
    _exit(running.fault != FAULT_NONE && is_told ? 0 : 1);
}

struct totals {
    struct run_result sum;
    uint64_t seeds, violated, first_violated;
};

static void totals_add(struct totals *totals, uint64_t seed, const struct run_result *result) {
    totals->seeds++;
    totals->sum.faults += result->faults;
    totals->sum.failovers += result->failovers;
    totals->sum.recoveries += result->recoveries;
    totals->sum.commits += result->commits;
    totals->sum.aborts += result->aborts;
    totals->sum.unknowns += result->unknowns;
    totals->sum.reads += result->reads;
    totals->sum.snapshots += result->snapshots;
    totals->sum.copies += result->copies;
    totals->sum.copy_parts += result->copy_parts;
    for (int i = 0; i < COPY_STAGES; i++) totals->sum.copy_crashes[i] += result->copy_crashes[i];
    totals->sum.checkpoints += result->checkpoints;
    totals->sum.events += result->events;
    if (result->violation[0] == 0) return;
    if (totals->violated++ == 0) totals->first_violated = seed;
    printf("seed %llu: %s\n", (unsigned long long)seed, result->violation);
    fflush(stdout);
}

static void totals_print(const struct totals *totals) {
    const struct run_result *sum = &totals->sum;
    printf("%llu seeds: %llu violated; %llu faults, %llu fail-overs, %llu recoveries, %llu "
           "commits, %llu aborts, "
           "%llu unknown, %llu reads, %llu snapshots, %llu checkpoints, %llu copies in %llu parts "
           "(crashes while taking %llu, filling %llu, keeping %llu), %llu events\n",
           (unsigned long long)totals->seeds, (unsigned long long)totals->violated,
           (unsigned long long)sum->faults, (unsigned long long)sum->failovers,
           (unsigned long long)sum->recoveries, (unsigned long long)sum->commits,
           (unsigned long long)sum->aborts, (unsigned long long)sum->unknowns,
           (unsigned long long)sum->reads, (unsigned long long)sum->snapshots,
           (unsigned long long)sum->checkpoints, (unsigned long long)sum->copies,
           (unsigned long long)sum->copy_parts, (unsigned long long)sum->copy_crashes[0],
           (unsigned long long)sum->copy_crashes[1], (unsigned long long)sum->copy_crashes[2],
           (unsigned long long)sum->events);
}

static int run_many(uint64_t from, uint64_t count, enum planted_fault fault) {
    struct totals totals = {0};
    for (uint64_t seed = from; seed < from + count; seed++) {
        struct run_options options = {.seed = seed, .fault = fault};
        running.seed = seed;
        struct run_result result;
        run_seed(&options, &result);
        totals_add(&totals, seed, &result);
        if (fault != FAULT_NONE && totals.violated > 0) break;
    }
    totals_print(&totals);
    if (fault != FAULT_NONE) {
        printf("planted fault %s: %s\n", fault_names[fault],
               totals.violated > 0 ? "found" : "NOT FOUND");
        return totals.violated > 0 ? 0 : 1;
    }
    bool counts = totals.sum.commits > 0 && totals.sum.faults > 0 && totals.sum.recoveries > 0;
    if (!counts && count >= 20)
        printf("a run without faults, recoveries and commits does not count\n");
    return totals.violated > 0 || (!counts && count >= 20) ? 1 : 0;
}

enum printing { PRINT_VERDICT, PRINT_EVENTS };

static int run_one(uint64_t seed, enum planted_fault fault, enum printing printing) {
    running.seed = seed;
    struct run_options options = {
        .seed = seed, .fault = fault, .prints_events = printing == PRINT_EVENTS};
    struct run_result first, second;
    run_seed(&options, &first);
    options.prints_events = false;
    run_seed(&options, &second);
    struct totals totals = {0};
    totals_add(&totals, seed, &first);
    totals_print(&totals);
    printf("trace %016llx, %s; %.3f s of virtual time\n", (unsigned long long)first.trace_hash,
           first.trace_hash == second.trace_hash ? "the same twice" : "NOT THE SAME TWICE",
           (double)first.virtual_us / 1e6);
    return first.violation[0] != 0 || first.trace_hash != second.trace_hash;
}

static enum planted_fault fault_of(const char *name) {
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(fault_names[i], name) == 0) return (enum planted_fault)i;
    }
    fprintf(stderr, "tessera-sim: no fault is named %s\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"fault", required_argument, NULL, 'p'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    uint64_t count = 100, from = 1, seed = 0;
    enum planted_fault fault = FAULT_NONE;
    bool is_one = false, prints = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'n': count = strtoull(optarg, NULL, 10); break;
        case 'f': from = strtoull(optarg, NULL, 10); break;
        case 's':
            seed = strtoull(optarg, NULL, 10);
            is_one = true;
            break;
        case 'p': fault = fault_of(optarg); break;
        case 't': prints = true; break;
        default:
            printf("usage: tessera-sim [--seeds N] [--from SEED] [--fault NAME] | --seed SEED "
                   "[--trace]\n");
            return option == 'h' ? 0 : 2;
        }
    }
    running.fault = fault;
    signal(SIGABRT, on_abort);
    return is_one ? run_one(seed, fault, prints ? PRINT_EVENTS : PRINT_VERDICT)
                  : run_many(from, count, fault);
}
