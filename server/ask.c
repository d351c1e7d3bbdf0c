/* ask.c: HELLO as a tool, STATUS_ASK, and the STATUS_TELL that comes back; one socket, one wait. */
#include "server/ask.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "meta/meta.h"
#include "wire/message.h"

#define ANSWER_BYTES_MAX ((size_t)16 * MIB)

struct ask {
    int fd;
    uint64_t until_us;
    uint8_t *bytes;
    size_t size, capacity;
};

static enum status ask_wait(const struct ask *ask, short what) {
    uint64_t now_us = clock_monotonic_us();
    if (now_us >= ask->until_us) return STATUS_TIMEOUT;
    struct pollfd poll_fd = {.fd = ask->fd, .events = what};
    int ready = poll(&poll_fd, 1, (int)((ask->until_us - now_us) / 1000) + 1);
    return ready > 0 ? STATUS_OK : STATUS_TIMEOUT;
}

static enum status ask_send(struct ask *ask, const struct message *message) {
    uint8_t memory[2048];
    size_t size = message_size(message), sent = 0;
    if (size > sizeof memory) return STATUS_TOO_LARGE;
    struct writer writer = writer_of(memory, size);
    message_encode(&writer, message);
    enum status status = socket_send(ask->fd, writer_written(&writer), &sent);
    return status == STATUS_OK && sent == size ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status ask_receive_more(struct ask *ask) {
    size_t got = 0;
    if (ask->capacity - ask->size < 65536) {
        ask->capacity = MAX(2 * ask->capacity, ask->size + 65536);
        ask->bytes = realloc(ask->bytes, ask->capacity);
        if (ask->bytes == NULL) die("no memory for an answer");
    }
    enum status status = ask_wait(ask, POLLIN);
    if (status == STATUS_OK)
        status = socket_receive(ask->fd, ask->bytes + ask->size, ask->capacity - ask->size, &got);
    ask->size += got;
    if (status == STATUS_BUSY) return STATUS_OK;
    return status == STATUS_END ? STATUS_UNAVAILABLE : status;
}

/* Frames until STATUS_TELL; others (the HELLO) are passed over. */
static enum status ask_answer(struct ask *ask, struct slice *json_out) {
    size_t at = 0, size;
    for (;;) {
        struct slice held = slice_of(ask->bytes + at, ask->size - at);
        struct message message;
        if (held.size > ANSWER_BYTES_MAX || message_frame(held, &size) != STATUS_OK)
            return STATUS_CORRUPT;
        if (size == 0 || size > held.size) {
            enum status status = ask_receive_more(ask);
            if (status != STATUS_OK) return status;
            continue;
        }
        if (message_decode(slice_part(held, 0, size), &message) != STATUS_OK) return STATUS_CORRUPT;
        at += size;
        if (message.header.kind != MESSAGE_STATUS_TELL) continue;
        size_t json_size = message.status_tell.json.size;
        uint8_t *json = malloc(json_size + 1);
        if (json == NULL) die("no memory for an answer");
        if (json_size > 0) memcpy(json, message.status_tell.json.data, json_size);
        *json_out = slice_of(json, json_size);
        return STATUS_OK;
    }
}

static enum status ask_on_socket(const struct plan *plan, struct ask *ask, struct slice *json_out) {
    char path[PLAN_PATH_BYTES_MAX];
    struct slice secret;
    plan_path(plan, NULL, "secret", path);
    enum status status = file_read(path, 4096, &secret);
    if (status != STATUS_OK) return status;
    struct message hello = {.header = {.kind = MESSAGE_HELLO, .wire_version = WIRE_VERSION}};
    hello.hello = (struct hello){
        .node = NODE_TOOL_FIRST, .role = ROLE_TOOL, .wire_version = WIRE_VERSION, .secret = secret};
    struct message question = {
        .header = {.kind = MESSAGE_STATUS_ASK, .wire_version = WIRE_VERSION}};
    question.header.from_node = NODE_TOOL_FIRST;
    while (hello.hello.secret.size > 0 && secret.data[hello.hello.secret.size - 1] == '\n')
        hello.hello.secret.size--;
    status = ask_wait(ask, POLLOUT);
    if (status == STATUS_OK) status = socket_error(ask->fd);
    if (status == STATUS_OK) status = ask_send(ask, &hello);
    if (status == STATUS_OK) status = ask_send(ask, &question);
    if (status == STATUS_OK) status = ask_answer(ask, json_out);
    free((void *)(uintptr_t)secret.data);
    return status;
}

enum status ask_state(const struct plan *plan, const struct plan_node *node, uint32_t timeout_ms,
                      struct slice *json_out) {
    char path[PLAN_PATH_BYTES_MAX], address[PLAN_PATH_BYTES_MAX + 8];
    struct ask ask = {.until_us = clock_monotonic_us() + (uint64_t)timeout_ms * 1000};
    plan_socket(plan, node, "peer.sock", path);
    snprintf(address, sizeof address, "unix:%s", path);
    enum status status = socket_connect(address, &ask.fd);
    if (status != STATUS_OK) return status;
    status = ask_on_socket(plan, &ask, json_out);
    socket_close(ask.fd);
    free(ask.bytes);
    return status;
}
