/* request_queue.c: requests that wait, and the ones that may run again.
 *
 * The message and its bytes are copied once, when the request first has to wait; a request that never waits is
 * never copied. See request_queue.h for the rules.
 */
#include "storage/request_queue.h"

void request_queue_open(struct request_queue *queue, struct chunk_source *source,
                        uint32_t count_max) {
    CHECK(source != NULL);
    queue->source = source;
    pool_open(&queue->pool, source, sizeof(struct request), count_max);
    list_open(&queue->ready);
    list_open(&queue->all);
    queue->next_id = 1;
}

void request_queue_close(struct request_queue *queue) {
    LIST_EACH(link, &queue->all) {
        struct request *request = CONTAINER_OF(link, struct request, all_link);
        arena_close(&request->request_arena);
    }
    pool_abandon(&queue->pool);
}

struct request *request_take(struct request_queue *queue, const struct message *message) {
    CHECK(message != NULL);
    struct request *request = pool_take(&queue->pool);
    if (request == NULL) return NULL;
    arena_open(&request->request_arena, queue->source, 0);
    request->message = message_copy(&request->request_arena, message);
    request->id = queue->next_id++;
    request->writer_slot = WRITER_NONE;
    request->queued_slot = WRITER_NONE;
    request->wait = REQUEST_RUNNING;
    list_push_last(&queue->all, &request->all_link);
    return request;
}

void request_give(struct request_queue *queue, struct request *request) {
    CHECK(request->message != NULL);
    if (list_holds(&request->link)) list_remove(&request->link);
    list_remove(&request->all_link);
    arena_close(&request->request_arena);
    pool_give(&queue->pool, request);
}

void request_wait_in(struct list *list, struct request *request, enum request_wait wait) {
    CHECK(wait != REQUEST_RUNNING);
    if (list_holds(&request->link)) list_remove(&request->link);
    request->wait = wait;
    list_push_last(list, &request->link);
}

void request_make_ready(struct request_queue *queue, struct request *request) {
    CHECK(request->wait != REQUEST_READY);
    request_wait_in(&queue->ready, request, REQUEST_READY);
}

struct request *request_next_ready(struct request_queue *queue) {
    struct list_link *link = list_pop_first(&queue->ready);
    if (link == NULL) return NULL;
    struct request *request = CONTAINER_OF(link, struct request, link);
    CHECK(request->wait == REQUEST_READY);
    request->wait = REQUEST_RUNNING;
    return request;
}
