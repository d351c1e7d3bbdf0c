/* thread_mailbox.c: many senders, one receiver, each piece of mail exactly once, in order of its
 * sender. */
#include <pthread.h>
#include <stdio.h>

#include "io/io.h"

enum { SENDERS = 4, PIECES = 20000 };

struct piece {
    struct mail mail;
    int sender, number;
};

static struct mailbox box;
static struct piece pieces[SENDERS][PIECES];

static void *sender_main(void *argument) {
    struct piece *mine = argument;
    for (int i = 0; i < PIECES; i++) mailbox_post(&box, &mine[i].mail);
    return NULL;
}

int main(void) {
    pthread_t threads[SENDERS];
    int next[SENDERS] = {0}, received = 0;
    mailbox_open(&box);
    for (int s = 0; s < SENDERS; s++) {
        for (int i = 0; i < PIECES; i++) pieces[s][i] = (struct piece){.sender = s, .number = i};
        CHECK(pthread_create(&threads[s], NULL, sender_main, pieces[s]) == 0);
    }
    while (received < SENDERS * PIECES) {
        struct mail *mail = mailbox_wait(&box);
        for (; mail != NULL; received++) {
            struct piece *piece = CONTAINER_OF(mail, struct piece, mail);
            mail = mail->next;
            CHECK(piece->number == next[piece->sender]);
            next[piece->sender]++;
        }
    }
    for (int s = 0; s < SENDERS; s++) pthread_join(threads[s], NULL);
    CHECK(mailbox_take(&box) == NULL);
    mailbox_close(&box);
    printf("%d pieces of mail from %d threads\n", received, SENDERS);
    return 0;
}
