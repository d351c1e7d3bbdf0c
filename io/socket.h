/* io/socket.h: stream sockets by address texts: "unix:/path" and "host:port" (IPv6: "[::1]:3306").
 *
 * All descriptors are non-blocking and closed on exec. The calls that move bytes are one system
 * call each.
 */
#ifndef IO_SOCKET_H
#define IO_SOCKET_H

#include "base/bytes.h"
#include "base/status.h"

#define SOCKET_ADDRESS_BYTES_MAX 128
#define SOCKET_HOST_BYTES_MAX    64

/* Where a client comes from. */
struct socket_peer {
    char host[SOCKET_HOST_BYTES_MAX]; /* address text; "localhost" for a unix socket */
    uint16_t port;
    bool is_local; /* unix socket or loopback */
};

/* BUSY: the address is in use (a stale unix socket is replaced). DENIED. INVALID: no such address.
 * A unix socket may be used by everybody on the host when `access` says so. */
enum socket_access { SOCKET_OWNER, SOCKET_EVERYBODY };
MUST_USE enum status socket_listen(const char *address, enum socket_access access, int *fd_out);
/* The address with the real port, after port 0. */
void socket_bound_address(int fd, char address_out[SOCKET_ADDRESS_BYTES_MAX]);
/* BUSY: nobody waits any more. FULL: no descriptor is left. */
MUST_USE enum status socket_accept(int fd, int *fd_out, struct socket_peer *peer_out);
/* Begins to connect: writable when it is done, then socket_error. UNAVAILABLE: refused at once. */
MUST_USE enum status socket_connect(const char *address, int *fd_out);
/* What a non-blocking connect came to: OK or UNAVAILABLE. */
MUST_USE enum status socket_error(int fd);

/* OK with at least one byte; BUSY: none now; END: the peer has closed or is gone. */
MUST_USE enum status socket_receive(int fd, void *memory, size_t size, size_t *size_out);
/* OK: some were taken; BUSY: none now; END: the peer is gone. */
MUST_USE enum status socket_send(int fd, struct slice bytes, size_t *size_out);
/* No more bytes from us; the peer reads what was sent. */
void socket_end(int fd);
void socket_close(int fd);

#endif
