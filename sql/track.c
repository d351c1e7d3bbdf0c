/* track.c: what a client that tracks its session is told of it with the reply.
 *
 *   session_track_state_change       "1" when anything below, a variable, the database or a statement of the session changed
 *   session_track_transaction_info   STATE: eight letters; CHARACTERISTICS also the statements that would begin it anew
 *
 * letters: | T explicit, I implicit | r | R read | w | W written | s | S rows were sent | L tables locked |, _ where it is not.
 */
#include "sql/session_private.h"

#define STATE_LETTERS 8

void track_state(struct session *session) {
    struct answer *answer = &session->answer;
    if (answer->is_state_tracked || !session->settings.tracks_state) return;
    answer->is_state_tracked = 1;
    answer_track(session, 2, SLICE_EMPTY, SLICE_LITERAL("1"));
}

static void state_letters(const struct session *session, char *letters) {
    const struct transaction *transaction = &session->transaction;
    memset(letters, '_', STATE_LETTERS);
    bool is_open = transaction->is_explicit && !transaction->is_autocommit;
    if (session->has_table_locks) letters[7] = 'L';
    if (!is_open) return;
    letters[0] = transaction->is_begun ? 'T' : 'I';
    if (transaction->has_read) letters[2] = 'R';
    if (transaction->has_written) letters[4] = 'W';
    if (transaction->has_sent_rows) letters[6] = 'S';
}

static struct slice characteristics(struct session *session) {
    static const char *const levels[] = {[AST_READ_UNCOMMITTED] = "READ UNCOMMITTED",
                                         [AST_READ_COMMITTED] = "READ COMMITTED",
                                         [AST_REPEATABLE_READ] = "REPEATABLE READ",
                                         [AST_SERIALIZABLE] = "SERIALIZABLE"};
    const struct transaction *transaction = &session->transaction;
    struct buffer out = buffer_of(&session->statement_arena);
    if (transaction->next_isolation != AST_ISOLATION_UNSET)
        buffer_printf(&out, "SET TRANSACTION ISOLATION LEVEL %s; ",
                      levels[transaction->next_isolation]);
    if (transaction->is_begun)
        buffer_printf(&out, "START TRANSACTION%s;", transaction->is_read_only ? " READ ONLY" : "");
    else if (transaction->next_access != AST_ACCESS_UNSET)
        buffer_printf(&out, "SET TRANSACTION READ %s;",
                      transaction->next_access == AST_READ_ONLY ? "ONLY" : "WRITE");
    struct slice text = buffer_slice(&out);
    if (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    return text;
}

void track_transaction(struct session *session) {
    char letters[STATE_LETTERS];
    const char *before = session->tracked_state;
    uint8_t what = session->settings.tracks_transaction;
    if (what == TRACK_TRANSACTION_OFF) return;
    state_letters(session, letters);
    bool is_new = memcmp(letters, before, STATE_LETTERS) != 0;
    bool is_other = is_new && letters[0] != before[0];
    if (what == TRACK_TRANSACTION_CHARACTERISTICS) {
        struct slice text = characteristics(session);
        if (is_other || text.size != session->tracked_characteristics)
            answer_track(session, 4, SLICE_EMPTY, text);
        session->tracked_characteristics = text.size;
    }
    if (!is_new) return;
    answer_track(session, 5, SLICE_EMPTY, slice_of(letters, STATE_LETTERS));
    memcpy(session->tracked_state, letters, STATE_LETTERS);
    if (is_other) track_state(session);
}
