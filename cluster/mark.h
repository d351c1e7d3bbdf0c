/* cluster/mark.h: transaction numbers, and which of them are over everywhere (X5).
 *
 *   (MK1) Numbers rise; what has one is in the list, in the order of numbers, from its first locking
 *         or writing request until every participant has acknowledged its outcome.
 *   (MK2) The mark is the next number, its exceptions are the list.
 */
#ifndef CLUSTER_MARK_H
#define CLUSTER_MARK_H

#include "base/list.h"
#include "wire/configuration.h"

struct cluster;

struct mark_link {
    struct list_link link;
    uint64_t number;
};

struct marks {
    struct list open; /* (MK1) */
    uint64_t next_number;
    uint64_t open_count;
    uint64_t report_at_us; /* UINT64_MAX: nothing to report */
};

void marks_open(struct marks *marks);
uint64_t mark_begin(struct cluster *cluster, struct mark_link *link);
/* The number goes on in another object. */
void mark_move(struct mark_link *from, struct mark_link *to);
void mark_end(struct cluster *cluster, struct mark_link *link);
void mark_on_deadline(struct cluster *cluster);
/* A shard has a new primary or connection: it may have missed the last one. */
void mark_on_configuration(struct cluster *cluster);

#endif
