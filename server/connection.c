/* connection.c: how does a client's socket become commands, and replies bytes again?
 *
 *          effect due                task ends
 *   CALM -------------> WORKING ------------------> CALM
 *     |                    |
 *     | client gone,       | client gone, time-out, killed: the waiter is cancelled
 *     | time-out, killed   v
 *     +---------------> LEAVING --the session is closed--> freed
 *
 * CALM has no fiber and no stack. Bytes go into the protocol machine as they come; when it names an
 * effect, a task carries out that one and all that follow until it has nothing left.
 *
 *   (N1) One recv a readiness, one send at the end of a turn, or above 64 KB while rows are made.
 *        Interest in writing only after a send that took less than it was given.
 *   (N2) Everything that may wait runs on the task; nothing that runs on it frees the connection.
 *        The socket's callbacks only cancel.
 *   (N3) The idle deadline is armed once and looked at when it comes: a busy client costs nothing.
 *   (N4) A task that leaves closes the session before it ends, with the cancellation cleared, so
 *        that a rollback may still wait for its answers.
 */
#include "server/connection.h"

#include <stdlib.h>

#define WRITE_TIMEOUT_US 60000000 /* net_write_timeout */
#define FAREWELL_US      1000000  /* for the last bytes to a client that is being closed */

enum { CALM, WORKING, LEAVING };

static const struct machine_state states[] = {
    [CALM] = {"calm", TO(WORKING) | TO(LEAVING)},
    [WORKING] = {"working", TO(CALM) | TO(LEAVING)},
    [LEAVING] = {"leaving", 0},
};

static struct connection *connection_of(struct loop_watch *watch) {
    return CONTAINER_OF(watch, struct connection, watch);
}

struct slice connection_host(const struct connection *connection) {
    return slice_of_text(connection->peer.host);
}

static void connection_mark_dirty(struct connection *connection) {
    if (!list_holds(&connection->dirty))
        list_push_last(&connection->front->dirty, &connection->dirty);
}

static void connection_watch(struct connection *connection, unsigned write_interest) {
    if (connection->machine.state == LEAVING) {
        loop_watch_want(&connection->watch, write_interest);
        return;
    }
    unsigned read_interest = protocol_wants_bytes(connection->protocol) ? LOOP_READ : LOOP_NOTHING;
    loop_watch_want(&connection->watch, read_interest | write_interest);
}

/* ---- bytes out ---- */

/* What the socket is to get next. With TLS everything unsent is encrypted first. */
static struct slice connection_unsent(struct connection *connection) {
    struct slice unsent = protocol_unsent(connection->protocol);
    if (connection->tls == NULL) return unsent;
    if (unsent.size > 0 && tls_is_established(connection->tls) &&
        tls_unsent(connection->tls).size == 0) {
        tls_write(connection->tls, unsent);
        protocol_sent(connection->protocol, unsent.size);
    }
    return tls_unsent(connection->tls);
}

static enum status connection_send(struct connection *connection) {
    enum status status = STATUS_OK;
    struct slice unsent = connection_unsent(connection);
    while (unsent.size > 0 && status == STATUS_OK) {
        size_t sent;
        status = socket_send(connection->watch.fd, unsent, &sent);
        connection->front->counters->bytes_sent += sent;
        if (connection->tls == NULL)
            protocol_sent(connection->protocol, sent);
        else
            tls_sent(connection->tls, sent);
        if (status == STATUS_OK && sent < unsent.size) status = STATUS_BUSY;
        if (status == STATUS_OK) unsent = connection_unsent(connection);
    }
    return status;
}

static void connection_leave(struct connection *connection, enum cancel_cause cause);

void connection_flush(struct connection *connection) {
    switch ((int)connection_send(connection)) {
    case STATUS_OK: connection_watch(connection, LOOP_NOTHING); return;
    case STATUS_BUSY: connection_watch(connection, LOOP_WRITE); return; /* (N1) */
    }
    connection_leave(connection, CANCEL_CONNECTION);
}

static size_t connection_unsent_size(struct connection *connection) {
    size_t size = protocol_unsent_size(connection->protocol);
    return connection->tls == NULL ? size : size + tls_unsent(connection->tls).size;
}

/* (fiber) Until at most `size_max` bytes are unsent, for at most `timeout_us`. */
static enum status connection_push(struct connection *connection, size_t size_max,
                                   uint64_t timeout_us) {
    struct waiter *waiter = &connection->waiter;
    uint64_t until_us = clock_monotonic_us() + timeout_us;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && connection_unsent_size(connection) > size_max) {
        enum status sent = connection_send(connection);
        if (sent == STATUS_OK) continue;
        if (sent == STATUS_END) return STATUS_CANCELLED;
        connection_watch(connection, LOOP_WRITE);
        waiter->deadline_us = until_us;
        if (waiter_wait(waiter, WAIT_CLIENT) == WAIT_CANCELLED || waiter->now_us >= until_us)
            status = STATUS_CANCELLED;
        waiter->deadline_us = UINT64_MAX;
    }
    return status;
}

enum status connection_drain(struct connection *connection) {
    return connection_push(connection, PROTOCOL_FLUSH_BYTES, WRITE_TIMEOUT_US);
}

enum status connection_await(struct connection *connection) {
    connection_mark_dirty(connection);
    connection_watch(connection, LOOP_NOTHING);
    return waiter_wait(&connection->waiter, WAIT_CLIENT) == WAIT_WOKEN ? STATUS_OK
                                                                       : STATUS_CANCELLED;
}

/* ---- the task ---- */

static void connection_start_tls(struct connection *connection, struct slice received) {
    connection->tls = tls_open(connection->front->tls);
    enum status status = tls_feed(connection->tls, received);
    protocol_tls_started(connection->protocol);
    connection_mark_dirty(connection);
    if (status != STATUS_OK) protocol_end(connection->protocol, ER_NONE, SLICE_EMPTY);
}

static void connection_carry_out(struct connection *connection, struct task *task) {
    const struct protocol_effect *effect = &connection->effect;
    switch (effect->kind) {
    case PROTOCOL_START_TLS: connection_start_tls(connection, effect->tls_bytes); return;
    case PROTOCOL_NEED_CREDENTIAL: credential_give(connection, &effect->login); return;
    case PROTOCOL_NEED_PUBLIC_KEY: credential_give_public_key(connection); return;
    case PROTOCOL_NEED_DECRYPTION: credential_decrypt(connection, effect->encrypted); return;
    case PROTOCOL_NEED_VERIFICATION: credential_verify(connection, &effect->verification); return;
    case PROTOCOL_LOGIN: credential_log_in(connection, &effect->login); return;
    case PROTOCOL_COMMAND: command_execute(connection, task, &effect->command); return;
    case PROTOCOL_INFILE_DATA: return; /* the file of a command that failed: nobody wants it */
    case PROTOCOL_NOTHING:
    case PROTOCOL_CLOSE: return;
    }
    UNREACHABLE();
}

static bool connection_goes_on(const struct connection *connection) {
    return connection->machine.state == WORKING && connection->effect.kind != PROTOCOL_NOTHING &&
           connection->effect.kind != PROTOCOL_CLOSE;
}

/* The session ends (N4), then the last bytes get a moment to leave. */
static void connection_say_goodbye(struct connection *connection) {
    waiter_clear_cancel(&connection->waiter);
    if (connection->session != NULL) {
        command_forget_statements(connection);
        session_close(connection->session);
        connection->session = NULL;
    }
    if (connection_push(connection, 0, FAREWELL_US) != STATUS_OK) return;
}

/* (N2) */
static void connection_work(struct task *task, void *argument) {
    struct connection *connection = argument;
    while (connection_goes_on(connection)) {
        connection_carry_out(connection, task);
        arena_reset(&task->arena);
        protocol_next(connection->protocol, &connection->effect);
    }
    if (connection->machine.state == WORKING && connection->effect.kind == PROTOCOL_CLOSE)
        machine_move(&connection->machine, LEAVING);
    if (connection->machine.state == LEAVING) connection_say_goodbye(connection);
}

static void connection_free(struct connection *connection) {
    struct front *front = connection->front;
    CHECK(connection->session == NULL);
    waiter_close(&connection->waiter);
    deadline_disarm(&front->deadlines, &connection->deadline);
    loop_watch_close(&connection->watch);
    socket_close(connection->watch.fd);
    protocol_close(connection->protocol);
    if (connection->tls != NULL) tls_close(connection->tls);
    list_remove(&connection->link);
    if (list_holds(&connection->dirty)) list_remove(&connection->dirty);
    front->connection_count--;
    front->counters->threads_connected = front->connection_count;
    map_close(&connection->statements);
    free(connection->login_bytes);
    free(connection);
}

static uint64_t connection_timeout_us(const struct connection *connection) {
    uint64_t seconds = connection->session == NULL
                           ? sql_server_limits(connection->front->server).connect_timeout_s
                           : session_idle_timeout_s(connection->session);
    return seconds * 1000000;
}

/* (N3) A command has ended; it may have made the idle time shorter than what is armed. */
static void connection_begin_idle(struct connection *connection) {
    if (connection->session == NULL) return;
    connection->active_us = connection->front->now_us;
    uint64_t until_us = connection->active_us + connection_timeout_us(connection);
    if (until_us < connection->deadline.at_us)
        deadline_arm(&connection->front->deadlines, &connection->deadline, until_us);
}

static void connection_on_finished(void *argument) {
    struct connection *connection = argument;
    if (connection->machine.state == LEAVING) {
        connection_free(connection);
        return;
    }
    machine_move(&connection->machine, CALM);
    connection_mark_dirty(connection);
    connection_begin_idle(connection);
    if (connection->waiter.cancel == CANCEL_CONNECTION)
        connection_leave(connection, CANCEL_CONNECTION);
}

static void connection_start(struct connection *connection) {
    const struct task_entry entry = {connection_work, connection_on_finished, connection};
    waiter_clear_cancel(&connection->waiter); /* a KILL QUERY that met nothing */
    task_start(&connection->front->tasks, &connection->waiter, &entry);
}

/* The next effect, if there is one, gets a task. */
static void connection_proceed(struct connection *connection) {
    protocol_next(connection->protocol, &connection->effect);
    if (connection->effect.kind == PROTOCOL_NOTHING) {
        connection_mark_dirty(connection);
        return;
    }
    machine_move(&connection->machine, WORKING);
    connection_start(connection);
}

/* In whatever state: it ends as soon as nothing is in the way. */
static void connection_leave(struct connection *connection, enum cancel_cause cause) {
    if (connection->machine.state == LEAVING) { /* its session ends in peace (N4) */
        loop_watch_want(&connection->watch, LOOP_NOTHING);
        if (connection->waiter.reason == WAIT_CLIENT) waiter_wake(&connection->waiter);
        return;
    }
    bool is_working = connection->machine.state == WORKING;
    machine_move(&connection->machine, LEAVING);
    connection_watch(connection, LOOP_NOTHING);
    if (is_working)
        waiter_cancel(&connection->waiter, cause);
    else
        connection_start(connection);
}

/* ---- bytes in ---- */

static enum status connection_receive_tls(struct connection *connection, struct slice received) {
    uint8_t *scratch = connection->front->scratch;
    enum status status = tls_feed(connection->tls, received);
    connection_mark_dirty(connection);
    while (status == STATUS_OK) {
        size_t size = 0;
        status = tls_read(connection->tls, scratch, FRONT_SCRATCH_BYTES, &size);
        if (status == STATUS_OK) protocol_receive(connection->protocol, slice_of(scratch, size));
    }
    return status == STATUS_BUSY ? STATUS_OK : STATUS_END;
}

static void connection_on_readable(struct connection *connection) {
    struct front *front = connection->front;
    size_t size = 0;
    enum status status =
        socket_receive(connection->watch.fd, front->scratch, FRONT_SCRATCH_BYTES, &size);
    if (status == STATUS_BUSY) return;
    if (status == STATUS_OK) {
        struct slice received = slice_of(front->scratch, size);
        front->counters->bytes_received += size;
        connection->active_us = front->now_us;
        if (connection->tls == NULL)
            protocol_receive(connection->protocol, received);
        else
            status = connection_receive_tls(connection, received);
    }
    if (status != STATUS_OK) {
        if (connection->session != NULL && connection->machine.state == WORKING)
            front->counters->aborted_clients++;
        connection_leave(connection, CANCEL_CONNECTION);
    } else if (connection->machine.state == CALM) {
        connection_proceed(connection);
    } else {
        if (connection->waiter.reason == WAIT_CLIENT) waiter_wake(&connection->waiter);
        connection_watch(connection, connection->watch.interest & LOOP_WRITE);
    }
}

static void connection_on_writable(struct connection *connection) {
    if (connection->waiter.reason == WAIT_CLIENT) waiter_wake(&connection->waiter);
    connection_flush(connection);
}

static void connection_on_ready(struct loop_watch *watch, enum loop_interest what) {
    if (what == LOOP_READ)
        connection_on_readable(connection_of(watch));
    else
        connection_on_writable(connection_of(watch));
}

/* ---- beginning and end ---- */

void connection_on_deadline(struct connection *connection, uint64_t now_us) {
    uint64_t until_us = connection->active_us + connection_timeout_us(connection); /* (N3) */
    bool is_busy = connection->machine.state == WORKING && connection->session != NULL;
    if (is_busy) until_us = now_us + connection_timeout_us(connection);
    if (until_us > now_us) {
        deadline_arm(&connection->front->deadlines, &connection->deadline, until_us);
        return;
    }
    if (connection->session != NULL)
        protocol_end(connection->protocol, ER_CLIENT_INTERACTION_TIMEOUT, SLICE_EMPTY);
    else
        connection->front->counters->aborted_connects++;
    connection_leave(connection, CANCEL_CONNECTION);
}

void connection_on_parked_wake(struct waiter *waiter) {
    struct connection *connection = CONTAINER_OF(waiter, struct connection, waiter);
    if (waiter->cancel >= CANCEL_CONNECTION && connection->machine.state == CALM)
        connection_leave(connection, waiter->cancel);
}

static struct protocol *connection_protocol(struct connection *connection) {
    struct front *front = connection->front;
    struct protocol_options options = {
        .connection_id = connection->id,
        .offered = CAPABILITY_LOCAL_FILES | CAPABILITY_COMPRESS | CAPABILITY_ZSTD |
                   (front->tls == NULL ? 0 : (uint32_t)CAPABILITY_SSL),
        .transport = connection->peer.is_local ? TRANSPORT_LOOPBACK : TRANSPORT_PLAIN,
        .collation_id = 255,
        .packet_bytes_max = 64 * MIB,
        .server_version = SLICE_LITERAL(SERVER_VERSION),
        .client_host = connection_host(connection),
        .compressor = front->compressor,
    };
    entropy_fill(options.nonce_random, sizeof options.nonce_random);
    return protocol_open(front->options.source, &options);
}

void connection_open(struct front *front, int fd, const struct socket_peer *peer) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) die("no memory for a connection");
    connection->front = front;
    connection->peer = *peer;
    connection->id = front->connection_id_next++;
    connection->active_us = front->now_us;
    machine_open(&connection->machine, states, CALM);
    tasks_waiter_open(&front->tasks, &connection->waiter);
    map_open(&connection->statements, front->options.source);
    result_open(&connection->result, connection);
    loop_watch_open(&connection->watch, front->options.loop, fd, connection_on_ready);
    list_push_last(&front->connections, &connection->link);
    front->connection_count++;
    front->counters->connections++;
    front->counters->threads_connected = front->connection_count;
    front->counters->max_used_connections =
        MAX(front->counters->max_used_connections, front->connection_count);
    connection->protocol = connection_protocol(connection);
    deadline_arm(&front->deadlines, &connection->deadline,
                 connection->active_us + connection_timeout_us(connection));
    connection_mark_dirty(connection);
    connection_watch(connection, LOOP_NOTHING);
}

void connection_close(struct connection *connection) {
    task_abandon(&connection->front->tasks, &connection->waiter);
    if (connection->session != NULL) {
        command_forget_statements(connection);
        session_close(connection->session);
        connection->session = NULL;
    }
    connection_free(connection);
}
