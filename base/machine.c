/* machine.c: the one place where a state changes.
 *
 * An illegal move is a broken invariant: the process dies and says which move it was.
 */
#include "base/machine.h"

#include <stdio.h>

void machine_open(struct machine *machine, const struct machine_state *states, uint8_t first) {
    CHECK(first < 64);
    CHECK(states[first].name != NULL);
    *machine = (struct machine){.states = states, .state = first};
}

void machine_trace(struct machine *machine, struct trace *trace, const char *name, uint64_t id) {
    CHECK(name != NULL);
    machine->trace = trace;
    machine->name = name;
    machine->id = id;
}

static _Noreturn void refuse_move(const struct machine *machine, uint8_t to) {
    char fact[128];
    snprintf(fact, sizeof(fact), "%s may move to state %u", machine->states[machine->state].name,
             (unsigned)to);
    check_failed(fact, machine->name != NULL ? machine->name : "machine", (int)machine->id);
}

void machine_move(struct machine *machine, uint8_t to) {
    const struct machine_state *from = &machine->states[machine->state];
    if (to >= 64 || (from->moves & BIT(to)) == 0) refuse_move(machine, to);
    CHECK(machine->states[to].name != NULL);
    trace_move(machine->trace, machine->name, machine->id, from->name, machine->states[to].name);
    machine->state = to;
}
