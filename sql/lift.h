/* sql/lift.h: which literals of a statement are parameters of its plan; the rules are (N1) of normalise.h.
 *
 * Fed with the raw tokens of a statement in their order, by parse_normalise and by parse_statement alike, so
 * that both count the same literals (N2).
 */
#ifndef SQL_LIFT_H
#define SQL_LIFT_H

#include "sql/lexer.h"

#define LIFT_DEPTH_MAX 48

struct lift_frame {
    bool is_base_liftable;   /* may anything inside of these parentheses be lifted? */
    bool is_clause_liftable; /* and in the clause that is being read? */
    bool is_named;           /* the text in here names a result column */
};

struct lift {
    struct lift_frame frames[LIFT_DEPTH_MAX]; /* of open parentheses; the last one is current */
    uint32_t depth;
    uint16_t previous;  /* token before */
    uint16_t verb;      /* first token: SELECT, INSERT ...; 0 before it */
    bool is_blocked;    /* too deep or too strange: nothing more is lifted */
    bool is_value_word; /* VALUE still is INSERT's word */
};

struct lift lift_begin(void);
/* Takes the next token; true: it is a literal to be lifted. */
bool lift_take(struct lift *lift, const struct token *token);
/* Is the current place in a select list, where every byte counts? */
static inline bool lift_is_named(const struct lift *lift) {
    return lift->frames[lift->depth].is_named;
}
/* Is it a statement whose plan can be shared? */
bool lift_is_shareable(const struct lift *lift);

#endif
