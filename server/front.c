/* front.c: what the SQL side does in a turn of the driver.
 *
 *   sockets' callbacks -> ready fibers -> cluster handle's messages -> ... -> one send a client
 *
 *   (G1) Clients are accepted once a first task found the cluster ready and the accounts in place;
 *        until then they wait in the listening socket's queue.
 *   (G2) While no account has a password, only clients of this host are served.
 */
#include "server/front.h"

#include <stdlib.h>

#include "server/connection.h"
#include "server/spill.h"
#include "server/zone.h"

#define READY_TIMEOUT_US 1000000

struct listener {
    struct front *front;
    struct loop_watch watch;
    struct list_link link;
};

/* ---- getting ready ---- */

static void front_get_ready(struct task *task, void *argument) {
    struct front *front = argument;
    enum status status = STATUS_UNAVAILABLE;
    while (status != STATUS_OK) {
        status = cluster_wait_ready(front->options.cluster, task->waiter, READY_TIMEOUT_US);
        if (status == STATUS_OK) status = sql_server_bootstrap(front->server, task->waiter);
        if (status != STATUS_OK && status != STATUS_UNAVAILABLE)
            say("the accounts cannot be read yet: %s", status_text(status));
    }
}

static void listener_arm(struct listener *listener) {
    loop_watch_want(&listener->watch, LOOP_READ);
}

static void front_on_ready(void *argument) { /* (G1) */
    struct front *front = argument;
    front->is_ready = true;
    LIST_EACH(link, &front->listeners) listener_arm(CONTAINER_OF(link, struct listener, link));
    if (front->options.on_ready != NULL) front->options.on_ready(front->options.context);
}

/* ---- the RSA pair ---- */

struct rsa_request {
    struct worker_job job;
    struct front *front;
    struct rsa_pair *pair;
    char directory[];
};

static void rsa_request_run(struct worker_job *job) {
    struct rsa_request *request = CONTAINER_OF(job, struct rsa_request, job);
    if (rsa_pair_open(request->directory, &request->pair) != STATUS_OK)
        say("no RSA pair: clients without TLS cannot send a password");
}

static void rsa_request_done(struct worker_job *job) {
    struct rsa_request *request = CONTAINER_OF(job, struct rsa_request, job);
    struct front *front = request->front;
    front->rsa = request->pair;
    LIST_EACH(link, &front->connections) { /* who waits for it finds it; others wait on */
        struct connection *connection = CONTAINER_OF(link, struct connection, link);
        if (!tasks_waiter_is_parked(&front->tasks, &connection->waiter))
            waiter_wake(&connection->waiter);
    }
    free(request);
}

static void front_make_rsa(struct front *front) {
    size_t size = strlen(front->options.certificate_directory) + 1;
    struct rsa_request *request = calloc(1, sizeof *request + size);
    if (request == NULL) die("no memory for a key");
    request->job.run = rsa_request_run;
    request->job.done = rsa_request_done;
    request->front = front;
    memcpy(request->directory, front->options.certificate_directory, size);
    worker_submit(front->worker, &request->job);
}

/* ---- clients come ---- */

static void client_refuse(int fd, enum mysql_error error, const char *message) {
    uint8_t memory[512];
    size_t sent;
    struct slice refusal = protocol_refusal(error, message, memory, sizeof memory);
    (void)!socket_send(fd, refusal, &sent);
    socket_close(fd);
}

static void front_accept(struct front *front, int fd, const struct socket_peer *peer) {
    char message[MYSQL_ERROR_TEXT_MAX];
    if (front->connection_count >= sql_server_limits(front->server).connections_max) {
        front->counters->aborted_connects++;
        client_refuse(fd, ER_CON_COUNT_ERROR, mysql_error_format(ER_CON_COUNT_ERROR));
    } else if (!peer->is_local && sql_server_is_open_to_all(front->server)) { /* (G2) */
        front->counters->aborted_connects++;
        mysql_error_print(ER_HOST_NOT_PRIVILEGED, message, sizeof message, peer->host);
        client_refuse(fd, ER_HOST_NOT_PRIVILEGED, message);
    } else {
        connection_open(front, fd, peer);
    }
}

static void listener_on_ready(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    struct listener *listener = CONTAINER_OF(watch, struct listener, watch);
    struct socket_peer peer;
    int fd;
    enum status status = socket_accept(watch->fd, &fd, &peer);
    if (status == STATUS_OK) front_accept(listener->front, fd, &peer);
    if (status == STATUS_FULL) say("no descriptor is left for a client");
}

void front_listen(struct front *front, int listening_fd) {
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) die("no memory for a listener");
    listener->front = front;
    loop_watch_open(&listener->watch, front->options.loop, listening_fd, listener_on_ready);
    list_push_last(&front->listeners, &listener->link);
    if (front->is_ready) listener_arm(listener);
}

/* ---- the driver's guest ---- */

static void front_take_deadlines(struct front *front) {
    for (struct deadline *deadline;
         (deadline = deadline_pop(&front->deadlines, front->now_us)) != NULL;)
        connection_on_deadline(CONTAINER_OF(deadline, struct connection, deadline), front->now_us);
}

static bool front_run(void *context, uint64_t now_us) {
    struct front *front = context;
    front->now_us = now_us;
    front_take_deadlines(front);
    if (tasks_deadline_us(&front->tasks) > now_us) return false;
    sql_server_set_clock(front->server, clock_wall_us());
    cluster_bind(front->options.cluster, driven_effects(front->options.driven), now_us);
    bool did_something = tasks_run(&front->tasks, now_us);
    driven_carry_out(front->options.driven);
    return did_something;
}

static void front_flush(void *context) {
    struct front *front = context;
    struct list dirty;
    list_open(&dirty);
    list_append(&dirty, &front->dirty);
    for (struct list_link *link; (link = list_pop_first(&dirty)) != NULL;)
        connection_flush(CONTAINER_OF(link, struct connection, dirty));
}

static uint64_t front_deadline_us(void *context) {
    struct front *front = context;
    if (!list_is_empty(&front->dirty)) return 0;
    return MIN(tasks_deadline_us(&front->tasks), deadline_earliest_us(&front->deadlines));
}

static void front_describe(void *context, struct buffer *json) {
    const struct front *front = context;
    buffer_printf(json, ",\"clients\":%u,\"state\":\"%s\"", front->connection_count,
                  front->is_ready ? "serving" : "starting");
}

/* ---- beginning and end ---- */

static struct sql_server *front_open_server(struct front *front) {
    const struct front_options *options = &front->options;
    struct slice *names = calloc(options->variable_count + 1, sizeof *names);
    struct slice *values = calloc(options->variable_count + 1, sizeof *values);
    if (names == NULL || values == NULL) die("no memory for the SQL server");
    for (uint32_t i = 0; i < options->variable_count; i++) {
        names[i] = slice_of_text(options->variables[i].name);
        values[i] = slice_of_text(options->variables[i].value);
    }
    const struct sql_server_options server = {
        .cluster = options->cluster,
        .source = options->source,
        .node = options->node,
        .version_comment = SLICE_LITERAL("Tessera"),
        .seed = entropy_u64(),
        .variable_names = names,
        .variable_values = values,
        .variable_count = options->variable_count,
        .zone_bytes = zone_read,
        .password_make = credential_make_password,
        .spill_files = front->spill_files,
    };
    struct sql_server *opened = sql_server_open(&server);
    free(names);
    free(values);
    return opened;
}

static void front_prepare_login(struct front *front) {
    const char *directory = front->options.certificate_directory;
    enum status status = tls_context_open(directory, &front->tls);
    if (status != STATUS_OK)
        say("no TLS: the certificate in %s cannot be used (%s)", directory, status_text(status));
    front->worker = worker_open(front->options.loop);
    front_make_rsa(front);
}

struct front *front_open(const struct front_options *options) {
    struct front *front = calloc(1, sizeof *front);
    uint8_t *scratch = malloc(FRONT_SCRATCH_BYTES);
    if (front == NULL || scratch == NULL) die("no memory for the SQL side");
    front->options = *options;
    front->scratch = scratch;
    front->connection_id_next = 8; /* as MySQL, whose own threads come first */
    front->now_us = clock_monotonic_us();
    tasks_open(&front->tasks, options->source, connection_on_parked_wake);
    slice_map_open(&front->passwords, options->source, entropy_u64());
    deadline_open(&front->deadlines, options->source);
    list_open(&front->listeners);
    list_open(&front->connections);
    list_open(&front->dirty);
    front->compressor = compressor_open(options->source);
    if (options->data_directory != NULL)
        front->spill_files = spill_files_open(options->data_directory);
    front->server = front_open_server(front);
    front->counters = sql_server_counters(front->server);
    front->counters->started_wall_us = clock_wall_us();
    front_prepare_login(front);
    tasks_waiter_open(&front->tasks, &front->starter);
    const struct task_entry entry = {front_get_ready, front_on_ready, front};
    task_start(&front->tasks, &front->starter, &entry);
    driver_set_guest(options->driver, &(struct driver_guest){.context = front,
                                                             .run = front_run,
                                                             .flush = front_flush,
                                                             .deadline_us = front_deadline_us,
                                                             .describe = front_describe});
    return front;
}

void front_close(struct front *front) {
    driver_set_guest(front->options.driver, &(struct driver_guest){0});
    LIST_EACH(link, &front->listeners) {
        struct listener *listener = CONTAINER_OF(link, struct listener, link);
        loop_watch_close(&listener->watch);
        socket_close(listener->watch.fd);
        free(listener);
    }
    LIST_EACH(link, &front->connections)
    connection_close(CONTAINER_OF(link, struct connection, link));
    task_abandon(&front->tasks, &front->starter);
    worker_close(front->worker);
    tasks_close(&front->tasks);
    sql_server_close(front->server);
    if (front->spill_files != NULL) spill_files_close(front->spill_files);
    credential_forget_all(front);
    deadline_close(&front->deadlines);
    compressor_close(front->compressor);
    if (front->rsa != NULL) rsa_pair_close(front->rsa);
    if (front->tls != NULL) tls_context_close(front->tls);
    free(front->scratch);
    free(front);
}
