/* lift.c: may this literal be a parameter?
 *
 * Decided from the tokens alone, so that a cached plan is found without parsing. For each open parenthesis a
 * frame says whether the clause being read allows lifting, and whether anything around it forbids it. A
 * parenthesis behind a word that is no operator is a call (or a column list): nothing inside is lifted. A
 * query in parentheses begins its own clauses under what its surroundings allow.
 *
 *   (F1) When in doubt a literal is not lifted: it then is part of the key, which costs a plan, never a row.
 *   (F2) The clause words are reserved, so no name is mistaken for one; VALUE, which is not, counts only until
 *        an INSERT's source has begun.
 */
#include "sql/lift.h"
#include "sql/grammar.h"

enum clause {
    CLAUSE_LIFTABLE,
    CLAUSE_FIXED,       /* GROUP BY, ORDER BY ... */
    CLAUSE_SELECT_LIST, /* fixed, and its text names columns */
};

struct lift lift_begin(void) {
    struct lift lift;
    lift.depth = 0;
    lift.previous = lift.verb = 0;
    lift.is_blocked = false;
    lift.is_value_word = true;
    lift.frames[0] = (struct lift_frame){true, true, false};
    return lift;
}

bool lift_is_shareable(const struct lift *lift) {
    return lift->verb == TOKEN_SELECT || lift->verb == TOKEN_INSERT ||
           lift->verb == TOKEN_REPLACE || lift->verb == TOKEN_UPDATE ||
           lift->verb == TOKEN_DELETE || lift->verb == TOKEN_WITH;
}

/* Does '(' behind this token leave literals in their clause? Otherwise it is a call. */
static bool is_transparent(uint16_t kind) {
    switch (kind) {
    case TOKEN_IN:
    case TOKEN_VALUES:
    case TOKEN_VALUE:
    case TOKEN_COMMA:
    case TOKEN_LP:
    case TOKEN_AS:
    case TOKEN_AND:
    case TOKEN_OR:
    case TOKEN_XOR:
    case TOKEN_NOT:
    case TOKEN_NOT_HIGH:
    case TOKEN_BANG:
    case TOKEN_WHERE:
    case TOKEN_ON:
    case TOKEN_FROM:
    case TOKEN_JOIN:
    case TOKEN_BETWEEN:
    case TOKEN_LIKE:
    case TOKEN_EXISTS:
    case TOKEN_ANY:
    case TOKEN_ALL:
    case TOKEN_UNION:
    case TOKEN_EQ:
    case TOKEN_NULL_SAFE_EQ:
    case TOKEN_NE:
    case TOKEN_LT:
    case TOKEN_LE:
    case TOKEN_GT:
    case TOKEN_GE:
    case TOKEN_PLUS:
    case TOKEN_MINUS:
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
    case TOKEN_DIV: return true;
    default: return false;
    }
}

static void open_parens(struct lift *lift) {
    if (lift->depth + 1 == LIFT_DEPTH_MAX) {
        lift->is_blocked = true;
        return;
    }
    const struct lift_frame *outer = &lift->frames[lift->depth++];
    bool is_liftable = outer->is_base_liftable && outer->is_clause_liftable;
    lift->frames[lift->depth] = (struct lift_frame){
        .is_base_liftable = is_liftable && is_transparent(lift->previous),
        .is_clause_liftable = true,
        .is_named = outer->is_named,
    };
}

/* The frame's own query sits in a place that names a column: so does all of it. */
static void enter_clause(struct lift *lift, enum clause clause) {
    struct lift_frame *frame = &lift->frames[lift->depth];
    bool is_inherited = lift->depth > 0 && lift->frames[lift->depth - 1].is_named;
    frame->is_clause_liftable = clause == CLAUSE_LIFTABLE;
    frame->is_named = is_inherited || clause == CLAUSE_SELECT_LIST;
}

static void take_word(struct lift *lift, uint16_t kind) {
    switch (kind) {
    case TOKEN_LP: open_parens(lift); return;
    case TOKEN_RP:
        if (lift->depth > 0) lift->depth--;
        return;
    case TOKEN_SELECT:
        lift->is_value_word = false;
        enter_clause(lift, CLAUSE_SELECT_LIST);
        return;
    case TOKEN_VALUE:
        if (lift->is_value_word && lift->depth == 0) enter_clause(lift, CLAUSE_LIFTABLE);
        return;
    case TOKEN_SET:
        if (lift->previous == TOKEN_CHAR) return; /* CHARACTER SET */
        lift->is_value_word = false;
        enter_clause(lift, CLAUSE_LIFTABLE);
        return;
    case TOKEN_FROM:
    case TOKEN_WHERE:
    case TOKEN_ON:
    case TOKEN_LIMIT:
    case TOKEN_UPDATE:
        lift->is_value_word = false;
        enter_clause(lift, CLAUSE_LIFTABLE);
        return;
    case TOKEN_VALUES: /* in a select list it is a function */
        if (!lift_is_named(lift)) enter_clause(lift, CLAUSE_LIFTABLE);
        return;
    case TOKEN_OVER: /* the FROM of FROM FIRST was none */
        enter_clause(lift, CLAUSE_SELECT_LIST);
        return;
    case TOKEN_GROUP:
    case TOKEN_HAVING:
    case TOKEN_ORDER:
    case TOKEN_WINDOW:
    case TOKEN_PARTITION:
    case TOKEN_INTO:
    case TOKEN_FOR:
    case TOKEN_LOCK:
    case TOKEN_UNION:
    case TOKEN_EXCEPT:
    case TOKEN_INTERSECT: enter_clause(lift, CLAUSE_FIXED); return;
    case TOKEN_LBRACE: lift->is_blocked = true; return;
    default: return;
    }
}

/* Words that want their literal as it is. */
static bool wants_literal(uint16_t kind) {
    switch (kind) {
    case TOKEN_COLLATE:
    case TOKEN_ESCAPE:
    case TOKEN_DATE:
    case TOKEN_TIME:
    case TOKEN_TIMESTAMP:
    case TOKEN_INTERVAL:
    case TOKEN_ARROW:
    case TOKEN_ARROW_TEXT:
    case TOKEN_INTRODUCER:
    case TOKEN_AS: return true;
    default: return false;
    }
}

static bool is_literal(uint16_t kind) {
    switch (kind) {
    case TOKEN_INTEGER_NUMBER:
    case TOKEN_DECIMAL_NUMBER:
    case TOKEN_FLOAT_NUMBER:
    case TOKEN_TEXT_STRING:
    case TOKEN_NATIONAL_STRING:
    case TOKEN_HEX_STRING:
    case TOKEN_BIT_STRING: return true;
    default: return false;
    }
}

bool lift_take(struct lift *lift, const struct token *token) {
    if (lift->verb == 0) lift->verb = token->kind;
    bool is_lifted = false;
    if (lift->is_blocked) return false;
    if (is_literal(token->kind)) {
        const struct lift_frame *frame = &lift->frames[lift->depth];
        is_lifted = frame->is_base_liftable && frame->is_clause_liftable &&
                    lift_is_shareable(lift) && !wants_literal(lift->previous);
    } else {
        take_word(lift, token->kind);
    }
    lift->previous = token->kind;
    return is_lifted;
}
