/* base/list.h: doubly linked lists whose links live inside their members.
 *
 * A list is a ring through its head, so that taking a member out needs neither the head nor a
 * branch. A member is in one list per link; the link says whether it is in one. Lists own nothing.
 *
 *     struct waiter { struct list_link link; ... };
 *     LIST_EACH(link, &queue) {
 *         struct waiter *waiter = CONTAINER_OF(link, struct waiter, link);
 *         ...
 *     }
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/check.h"

struct list_link {
    struct list_link *next, *previous; /* both NULL when it is in no list */
};

struct list {
    struct list_link head; /* next: the first member; previous: the last one */
};

/* A list does not move once it is open: its members point at it. */
static inline void list_open(struct list *list) {
    list->head = (struct list_link){&list->head, &list->head};
}
static inline bool list_is_empty(const struct list *list) { return list->head.next == &list->head; }
static inline bool list_holds(const struct list_link *link) { return link->next != NULL; }

/* The first and last member, NULL when there is none. */
static inline struct list_link *list_first(const struct list *list) {
    return list_is_empty(list) ? NULL : list->head.next;
}
static inline struct list_link *list_last(const struct list *list) {
    return list_is_empty(list) ? NULL : list->head.previous;
}
/* The neighbour of a member, NULL at the end. */
static inline struct list_link *list_next(const struct list *list, const struct list_link *link) {
    return link->next == &list->head ? NULL : link->next;
}

/* `link` is in no list, `place` is a member (or the head: then at the front). */
static inline void list_insert_after(struct list_link *place, struct list_link *link) {
    CHECK(!list_holds(link));
    *link = (struct list_link){place->next, place};
    place->next->previous = link;
    place->next = link;
}
static inline void list_push_first(struct list *list, struct list_link *link) {
    list_insert_after(&list->head, link);
}
static inline void list_push_last(struct list *list, struct list_link *link) {
    list_insert_after(list->head.previous, link);
}
static inline void list_insert_before(struct list_link *place, struct list_link *link) {
    list_insert_after(place->previous, link);
}

static inline void list_remove(struct list_link *link) {
    CHECK(list_holds(link));
    CHECK(link->next->previous == link && link->previous->next == link);
    link->next->previous = link->previous;
    link->previous->next = link->next;
    *link = (struct list_link){NULL, NULL};
}
/* Removes and returns the first member, NULL when there is none: with list_push_last, a queue. */
static inline struct list_link *list_pop_first(struct list *list) {
    struct list_link *first = list_first(list);
    if (first != NULL) list_remove(first);
    return first;
}
/* Moves all members of `from`, in order, behind those of `to`. */
static inline void list_append(struct list *to, struct list *from) {
    if (list_is_empty(from)) return;
    struct list_link *first = from->head.next, *last = from->head.previous,
                     *place = to->head.previous;
    place->next = first;
    first->previous = place;
    last->next = &to->head;
    to->head.previous = last;
    list_open(from);
}

/* Visits every member in order. The body may remove the visited member, and no other. */
#define LIST_EACH(link, list)                                                                      \
    for (struct list_link *link = (list)->head.next, *link##_next = link->next;                    \
         link != &(list)->head; link = link##_next, link##_next = link->next)

#endif
