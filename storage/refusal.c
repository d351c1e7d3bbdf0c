/* refusal.c: how is a request told that it was not served? See refusal.h. */
#include "storage/refusal.h"

uint8_t refusal_kind_of(const struct message *request) {
    switch (request->header.kind) {
    case MESSAGE_READ: return MESSAGE_ROWS;
    case MESSAGE_WRITE:
    case MESSAGE_CHANGE: return MESSAGE_WRITTEN;
    case MESSAGE_PREPARE: return MESSAGE_PREPARED;
    case MESSAGE_COMPLETE: /* a coordinator's has no id: it looks again by itself */
        return request->header.request_id == 0 ? 0 : MESSAGE_DONE;
    case MESSAGE_ROLL_BACK:
    case MESSAGE_COMMIT:
    case MESSAGE_ABORT:
    case MESSAGE_SCHEMA:
    case MESSAGE_NAMED_LOCK: return MESSAGE_DONE;
    case MESSAGE_ASK_OUTCOME: return MESSAGE_OUTCOME;
    case MESSAGE_SNAPSHOT: return MESSAGE_GIVEN;
    case MESSAGE_SEQUENCE: return MESSAGE_DRAWN;
    case MESSAGE_STATISTICS: return MESSAGE_COUNTED;
    default: return 0; /* LIVE, MARK, EDGES, INQUIRE, FENCE, FETCH are sent again by themselves */
    }
}

void refusal_set(struct message *answer, enum status status) {
    CHECK(status != STATUS_OK);
    switch (answer->header.kind) {
    case MESSAGE_ROWS: answer->rows.status = (uint8_t)status; return;
    case MESSAGE_WRITTEN: answer->written.status = (uint8_t)status; return;
    case MESSAGE_DONE: answer->done.status = (uint8_t)status; return;
    case MESSAGE_PREPARED: answer->prepared.status = (uint8_t)status; return;
    case MESSAGE_GIVEN: answer->given.status = (uint8_t)status; return;
    case MESSAGE_DRAWN: answer->drawn.status = (uint8_t)status; return;
    case MESSAGE_COUNTED: answer->counted.status = (uint8_t)status; return;
    case MESSAGE_FENCED: answer->fenced.status = (uint8_t)status; return;
    case MESSAGE_OUTCOME: answer->outcome.state = OUTCOME_UNKNOWN; return;
    default: UNREACHABLE();
    }
}
