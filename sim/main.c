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

/* What is added up and printed: (member of struct run_result, its words). */
#define TOTALS_LIST(T)                                                                             \
    T(faults, "faults")                                                                            \
    T(proofs, "proofs of death")                                                                   \
    T(failovers, "fail-overs")                                                                     \
    T(recoveries, "recoveries")                                                                    \
    T(commits, "commits")                                                                          \
    T(aborts, "aborts")                                                                            \
    T(unknowns, "unknown")                                                                         \
    T(reads, "reads")                                                                              \
    T(snapshots, "snapshots")                                                                      \
    T(statements, "SQL statements")                                                                \
    T(errors, "SQL errors")                                                                        \
    T(changes, "schema changes")                                                                   \
    T(comparisons, "index comparisons")                                                            \
    T(checkpoints, "checkpoints")                                                                  \
    T(copies, "copies")                                                                            \
    T(copy_parts, "parts of copies")                                                               \
    T(copy_crashes[0], "crashes taking a copy")                                                    \
    T(copy_crashes[1], "filling it")                                                               \
    T(copy_crashes[2], "keeping it")                                                               \
    T(rots, "rotten bits")                                                                         \
    T(wipes, "refused for them")                                                                   \
    T(full_disks, "full disks")                                                                    \
    T(orphan_changes, "changes of a dead controller")                                              \
    T(events, "events")
#define TOTAL_ADD(member, words)   sum->member += result->member;
#define TOTAL_PRINT(member, words) printf("%llu %s, ", (unsigned long long)sum->member, words);

static void totals_add(struct totals *totals, uint64_t seed, const struct run_result *result) {
    struct run_result *sum = &totals->sum;
    totals->seeds++;
    TOTALS_LIST(TOTAL_ADD)
    if (result->violation[0] == 0) return;
    if (totals->violated++ == 0) totals->first_violated = seed;
    printf("seed %llu: %s\n", (unsigned long long)seed, result->violation);
    fflush(stdout);
}

static void totals_print(const struct totals *totals) {
    const struct run_result *sum = &totals->sum;
    printf("%llu seeds: ", (unsigned long long)totals->seeds);
    TOTALS_LIST(TOTAL_PRINT)
    printf("%llu violated\n", (unsigned long long)totals->violated);
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
