#include <criterion/criterion.h>
#include <signal.h>

#include "base/machine.h"

enum { IDLE, BUSY, DONE };

static const struct machine_state states[] = {
    [IDLE] = {"idle", TO(BUSY)},
    [BUSY] = {"busy", TO(IDLE) | TO(DONE)},
    [DONE] = {"done", 0},
};

Test(machine, legal_moves_are_made_and_traced) {
    struct trace_record records[4];
    struct trace trace;
    trace_open(&trace, records, 4);
    struct machine machine;
    machine_open(&machine, states, IDLE);
    machine_move(&machine, BUSY);
    cr_assert_null(trace_recent(&trace, 0));
    machine_trace(&machine, &trace, "job", 12);
    trace_step(&trace, 1000);
    machine_move(&machine, DONE);
    cr_assert_eq(machine.state, DONE);
    cr_assert_str_eq(machine_state_name(&machine), "done");
    char line[TRACE_LINE_BYTES_MAX];
    trace_format(trace_recent(&trace, 0), line, sizeof(line));
    cr_assert_str_eq(line, "0 1000us job 12: busy -> done");
}

Test(machine, an_illegal_move_aborts, .signal = SIGABRT) {
    struct machine machine;
    machine_open(&machine, states, IDLE);
    machine_move(&machine, DONE);
}

Test(machine, a_state_that_is_none_aborts, .signal = SIGABRT) {
    struct machine machine;
    machine_open(&machine, states, IDLE);
    machine_move(&machine, 64);
}
