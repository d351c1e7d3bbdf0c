/* server/connection.h: one client: its socket, its protocol machine, its session. */
#ifndef SERVER_CONNECTION_H
#define SERVER_CONNECTION_H

#include "base/machine.h"
#include "server/front_private.h"
#include "server/result.h"

struct worker_request;

struct connection {
    struct machine machine; /* enum of connection.c */
    struct front *front;
    struct list_link link, dirty;
    struct loop_watch watch;
    struct protocol *protocol;
    struct tls *tls; /* NULL: in clear */
    struct waiter waiter;
    struct deadline deadline;
    uint64_t active_us; /* when bytes came last */
    uint64_t id;
    struct session *session; /* NULL before the login */
    struct protocol_effect effect;
    struct result result;
    struct map statements; /* struct statement by id, see command.c */
    struct socket_peer peer;
    uint16_t collation_id;
    /* Of the login, in memory of its own. */
    uint8_t *login_bytes;
    struct sql_account account;
};

/* Takes the socket; the greeting goes out with this turn. */
void connection_open(struct front *front, int fd, const struct socket_peer *peer);
/* Forgets it as a crash would; the session is closed without waiting. */
void connection_close(struct connection *connection);
/* Sends what it can; closes the connection when the client is gone. */
void connection_flush(struct connection *connection);
/* (fiber) Until little is unsent: CANCELLED when the client is gone or too slow. */
MUST_USE enum status connection_drain(struct connection *connection);
/* (fiber) Until more bytes came: CANCELLED when the client is gone. */
MUST_USE enum status connection_await(struct connection *connection);
/* Its deadline came. */
void connection_on_deadline(struct connection *connection, uint64_t now_us);
/* Its waiter was woken while no task ran: somebody killed it. */
void connection_on_parked_wake(struct waiter *waiter);
/* Text of where the client is: what accounts are looked up by. */
struct slice connection_host(const struct connection *connection);

/* credential.c (fiber): one effect of the login each. */
void credential_give(struct connection *connection, const struct login *login);
void credential_give_public_key(struct connection *connection);
void credential_decrypt(struct connection *connection, struct slice encrypted);
void credential_verify(struct connection *connection, const struct verification *verification);
void credential_log_in(struct connection *connection, const struct login *login);
/* What is stored for a new password: sql_server_options.password_make. */
MUST_USE enum status credential_make_password(void *context, struct slice plugin, struct slice password,
                                     struct arena *arena, struct slice *stored_out);
/* A digest of the cache is forgotten with front_close. */
void credential_forget_all(struct front *front);

/* command.c (fiber): replies, then the command is done. */
void command_execute(struct connection *connection, struct task *task,
                     const struct command *command);
/* Statements of a session that ends. */
void command_forget_statements(struct connection *connection);

#endif
