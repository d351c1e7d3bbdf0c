/* storage/refusal.h: how each request is told that it was not served.
 *
 * Every request of a SQL daemon or of meta gets an answer, also from a node that is still reading its disk or has begun a new
 * life: on a connection that stays open nobody would ask again.
 */
#ifndef STORAGE_REFUSAL_H
#define STORAGE_REFUSAL_H

#include "wire/step.h"

/* The kind of answer that the request's sender waits for; 0: it needs none, or sends again by itself. */
uint8_t refusal_kind_of(const struct message *request);
/* `answer` is of a kind that refusal_kind_of gives, or FENCED. */
void refusal_set(struct message *answer, enum status status);

#endif
