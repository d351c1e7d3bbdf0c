/* io/mailbox.h: mail from any thread to one thread, without a lock.
 *
 * Mail is any struct with a struct mail in it; the box owns nothing. The receiver either waits in
 * mailbox_wait, or watches mailbox_fd in its loop and then calls mailbox_take.
 */
#ifndef IO_MAILBOX_H
#define IO_MAILBOX_H

#include <stdatomic.h>

#include "base/check.h"

struct mail {
    struct mail *next;
};

struct mailbox {
    _Atomic(struct mail *) newest; /* linked towards older ones */
    int fd;                        /* eventfd: readable since the box ceased to be empty */
};

void mailbox_open(struct mailbox *box);
void mailbox_close(struct mailbox *box);
int mailbox_fd(const struct mailbox *box);
/* From any thread. */
void mailbox_post(struct mailbox *box, struct mail *mail);
/* All mail there is, oldest first, linked by next; NULL when there is none. The receiver alone. */
struct mail *mailbox_take(struct mailbox *box);
/* The same, but waits until there is some. */
struct mail *mailbox_wait(struct mailbox *box);

#endif
