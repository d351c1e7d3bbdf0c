/* server/json.h: reading the JSON that our own daemons write. */
#ifndef SERVER_JSON_H
#define SERVER_JSON_H

#include "base/bytes.h"

/* The value of a member of an object: its text, strings without their quotes. Empty: there is none.
 */
struct slice json_member(struct slice object, const char *name);
/* What is between the brackets of an array or object. */
struct slice json_inside(struct slice value);
/* The next element of what json_inside gave, which moves on; false at the end. */
bool json_next(struct slice *rest, struct slice *element_out);
/* 0 for what is no number. */
uint64_t json_number(struct slice value);

#endif
