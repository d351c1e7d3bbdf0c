/* mailbox.c: many senders, one receiver.
 *
 *   newest -> m3 -> m2 -> m1        post: compare-and-swap at the head; take: swap with NULL, reverse
 *
 *   (B1) Who finds the box empty when posting writes the eventfd: one system call for a whole batch.
 *   (B2) The receiver empties the eventfd before it takes, so mail posted in between is either
 *        taken or signalled again.
 */
#include "io/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/file.h"

void mailbox_open(struct mailbox *box) {
    atomic_init(&box->newest, NULL);
    box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (box->fd < 0) die("cannot open a mailbox");
}

void mailbox_close(struct mailbox *box) {
    close(box->fd);
    box->fd = -1;
}

int mailbox_fd(const struct mailbox *box) { return box->fd; }

void mailbox_post(struct mailbox *box, struct mail *mail) {
    struct mail *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);
    do {
        mail->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, mail,
                                                    memory_order_release, memory_order_relaxed));
    if (newest != NULL) return;
    uint64_t one = 1; /* (B1) */
    if (write(box->fd, &one, sizeof one) != (ssize_t)sizeof one) die("cannot signal a mailbox");
}

static struct mail *mail_reverse(struct mail *mail) {
    struct mail *reversed = NULL;
    while (mail != NULL) {
        struct mail *next = mail->next;
        mail->next = reversed;
        reversed = mail;
        mail = next;
    }
    return reversed;
}

struct mail *mailbox_take(struct mailbox *box) {
    uint64_t count;
    ssize_t got = read(box->fd, &count, sizeof count); /* (B2) */
    if (got < 0 && errno != EAGAIN && errno != EINTR) die("cannot read a mailbox");
    return mail_reverse(atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire));
}

struct mail *mailbox_wait(struct mailbox *box) {
    struct mail *mail = NULL;
    while (mail == NULL) {
        struct pollfd poll_fd = {.fd = box->fd, .events = POLLIN};
        poll(&poll_fd, 1, -1);
        mail = mailbox_take(box);
    }
    return mail;
}
