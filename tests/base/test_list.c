#include <criterion/criterion.h>

#include "base/list.h"

struct member {
    struct list_link link;
    int number;
};

static int number_of(struct list_link *link) {
    return CONTAINER_OF(link, struct member, link)->number;
}

Test(list, a_queue_gives_back_in_order) {
    struct list queue;
    list_open(&queue);
    struct member members[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    for (int i = 0; i < 3; i++) list_push_last(&queue, &members[i].link);
    for (int i = 1; i <= 3; i++) cr_assert_eq(number_of(list_pop_first(&queue)), i);
    cr_assert_null(list_pop_first(&queue));
    cr_assert(list_is_empty(&queue));
    cr_assert(!list_holds(&members[0].link));
}

Test(list, the_visited_member_may_be_removed) {
    struct list list;
    list_open(&list);
    struct member members[5] = {0};
    for (int i = 0; i < 5; i++) {
        members[i].number = i;
        list_push_first(&list, &members[i].link);
    }
    int order = 0;
    LIST_EACH(link, &list) {
        order = 10 * order + number_of(link);
        if (number_of(link) % 2 == 0) list_remove(link);
    }
    cr_assert_eq(order, 43210);
    cr_assert_eq(number_of(list_first(&list)), 3);
    cr_assert_eq(number_of(list_last(&list)), 1);
    cr_assert_eq(number_of(list_next(&list, list_first(&list))), 1);
    cr_assert_null(list_next(&list, list_last(&list)));
}

Test(list, an_appended_list_is_emptied) {
    struct list to, from;
    list_open(&to);
    list_open(&from);
    struct member a = {.number = 1}, b = {.number = 2}, c = {.number = 3};
    list_append(&to, &from);
    cr_assert(list_is_empty(&to));
    list_push_last(&from, &a.link);
    list_push_last(&from, &b.link);
    list_push_last(&to, &c.link);
    list_append(&to, &from);
    cr_assert(list_is_empty(&from));
    cr_assert_eq(number_of(list_pop_first(&to)), 3);
    cr_assert_eq(number_of(list_last(&to)), 2);
    list_insert_before(list_last(&to), &c.link);
    cr_assert_eq(number_of(list_next(&to, list_first(&to))), 3);
}
