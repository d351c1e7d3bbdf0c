/* base/machine.h: a state and the moves that are legal.
 *
 * The states are an enum of the .c file that owns the machine, with at most 64 values; a const
 * table, indexed by them, names each one and lists where it may go. machine_move is the only way to
 * change the state. STYLE section 9 shows a table.
 */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include "base/trace.h"

#define BIT(number) ((uint64_t)1 << (number))
/* In a table: the state may move there. */
#define TO(state) BIT(state)

struct machine_state {
    const char *name;
    uint64_t moves; /* TO(a) | TO(b); 0 for a last state */
};

struct machine {
    const struct machine_state *states;
    struct trace *trace; /* NULL: moves are not traced */
    const char *name;    /* of the kind of machine, in traces */
    uint64_t id;         /* of this machine, in traces */
    uint8_t state;       /* read it anywhere, write it nowhere */
};

void machine_open(struct machine *machine, const struct machine_state *states, uint8_t first);
/* From now on its moves are traced as "name id: from -> to". `name` is a literal. */
void machine_trace(struct machine *machine, struct trace *trace, const char *name, uint64_t id);
/* CHECKs that the move is legal. */
void machine_move(struct machine *machine, uint8_t to);

static inline const char *machine_state_name(const struct machine *machine) {
    return machine->states[machine->state].name;
}

#endif
