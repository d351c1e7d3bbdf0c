/* socket.c: address texts become sockets, sockets become address texts.
 *
 * TCP sockets have NODELAY: we send once at the end of a turn, so there is nothing to wait for.
 * A unix socket whose file is there but that nobody listens on is left over from a crash: it is
 * replaced.
 */
#include "io/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/file.h"

enum { BACKLOG = 4096, PORT_BYTES_MAX = 6 };

struct socket_place {
    struct sockaddr_storage storage;
    socklen_t size;
};

static const char unix_prefix[] = "unix:";

static bool address_is_unix(const char *address) {
    return strncmp(address, unix_prefix, sizeof unix_prefix - 1) == 0;
}

static const char *address_path(const char *address) { return address + sizeof unix_prefix - 1; }

static enum status place_of_path(const char *path, struct socket_place *place_out) {
    struct sockaddr_un *address = (struct sockaddr_un *)(void *)&place_out->storage;
    if (path[0] == '\0' || strlen(path) >= sizeof address->sun_path) return STATUS_INVALID;
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    place_out->size = sizeof *address;
    return STATUS_OK;
}

/* "host:port" cut in two; brackets around the host go. */
static enum status address_cut(const char *address, char host_out[SOCKET_ADDRESS_BYTES_MAX],
                               char port_out[PORT_BYTES_MAX]) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(colon + 1) >= PORT_BYTES_MAX || colon[1] == '\0')
        return STATUS_INVALID;
    size_t size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
        address++;
        size -= 2;
    }
    if (size == 0 || size >= SOCKET_ADDRESS_BYTES_MAX) return STATUS_INVALID;
    memcpy(host_out, address, size);
    host_out[size] = '\0';
    snprintf(port_out, PORT_BYTES_MAX, "%s", colon + 1);
    return STATUS_OK;
}

static enum status place_of_address(const char *address, struct socket_place *place_out) {
    char host[SOCKET_ADDRESS_BYTES_MAX], port[PORT_BYTES_MAX];
    *place_out = (struct socket_place){0};
    if (address_is_unix(address)) return place_of_path(address_path(address), place_out);
    enum status status = address_cut(address, host, port);
    if (status != STATUS_OK) return status;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found;
    if (getaddrinfo(host, port, &hints, &found) != 0) return STATUS_INVALID;
    memcpy(&place_out->storage, found->ai_addr, found->ai_addrlen);
    place_out->size = found->ai_addrlen;
    freeaddrinfo(found);
    return STATUS_OK;
}

static int socket_open(const struct socket_place *place) {
    int one = 1;
    int fd = socket(place->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && place->storage.ss_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static const struct sockaddr *place_address(const struct socket_place *place) {
    return (const struct sockaddr *)(const void *)&place->storage;
}

/* A socket file is there: does anybody listen? */
static bool place_is_alive(const struct socket_place *place) {
    int fd = socket_open(place);
    if (fd < 0) return true;
    bool is_alive = connect(fd, place_address(place), place->size) == 0 || errno == EAGAIN;
    close(fd);
    return is_alive;
}

static enum status socket_status(int error) {
    switch (error) {
    case EADDRINUSE:
    case EISCONN: return STATUS_BUSY;
    case EACCES:
    case EPERM: return STATUS_DENIED;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return STATUS_FULL;
    case EADDRNOTAVAIL:
    case ENOENT:
    case ENOTDIR: return STATUS_INVALID;
    }
    return STATUS_UNAVAILABLE;
}

static enum status place_bind(int fd, const struct socket_place *place, const char *address) {
    int one = 1;
    if (!address_is_unix(address)) (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, place_address(place), place->size) == 0) return STATUS_OK;
    if (errno != EADDRINUSE || !address_is_unix(address)) return socket_status(errno);
    if (place_is_alive(place)) return STATUS_BUSY;
    (void)unlink(address_path(address));
    return bind(fd, place_address(place), place->size) == 0 ? STATUS_OK : socket_status(errno);
}

enum status socket_listen(const char *address, enum socket_access access, int *fd_out) {
    struct socket_place place;
    enum status status = place_of_address(address, &place);
    if (status != STATUS_OK) return status;
    int fd = socket_open(&place);
    if (fd < 0) return socket_status(errno);
    status = place_bind(fd, &place, address);
    if (status == STATUS_OK && listen(fd, BACKLOG) != 0) status = socket_status(errno);
    if (status != STATUS_OK) {
        close(fd);
        return status;
    }
    if (address_is_unix(address))
        (void)chmod(address_path(address), access == SOCKET_EVERYBODY ? 0777 : 0600);
    *fd_out = fd;
    return STATUS_OK;
}

/* "127.0.0.1", "::1"; an IPv4 address in IPv6 clothes becomes IPv4. */
static uint16_t place_text(const struct socket_place *place, char *text, size_t size) {
    const void *storage = &place->storage;
    if (place->storage.ss_family == AF_INET) {
        const struct sockaddr_in *address = storage;
        inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)size);
        return ntohs(address->sin_port);
    }
    if (place->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *address = storage;
        if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr))
            inet_ntop(AF_INET, address->sin6_addr.s6_addr + 12, text, (socklen_t)size);
        else
            inet_ntop(AF_INET6, &address->sin6_addr, text, (socklen_t)size);
        return ntohs(address->sin6_port);
    }
    snprintf(text, size, "localhost");
    return 0;
}

void socket_bound_address(int fd, char address_out[SOCKET_ADDRESS_BYTES_MAX]) {
    struct socket_place place = {.size = sizeof place.storage};
    if (getsockname(fd, (struct sockaddr *)(void *)&place.storage, &place.size) != 0)
        die("a socket has no address");
    if (place.storage.ss_family == AF_UNIX) {
        const struct sockaddr_un *address = (const void *)&place.storage;
        snprintf(address_out, SOCKET_ADDRESS_BYTES_MAX, "%s%.108s", unix_prefix, address->sun_path);
        return;
    }
    char host[SOCKET_HOST_BYTES_MAX] = "";
    uint16_t port = place_text(&place, host, sizeof host);
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(address_out, SOCKET_ADDRESS_BYTES_MAX, is_v6 ? "[%s]:%u" : "%s:%u", host, port);
}

enum status socket_accept(int fd, int *fd_out, struct socket_peer *peer_out) {
    struct socket_place place = {.size = sizeof place.storage};
    int one = 1;
    int accepted = accept4(fd, (struct sockaddr *)(void *)&place.storage, &place.size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return STATUS_FULL;
        return STATUS_BUSY;
    }
    *peer_out = (struct socket_peer){0};
    peer_out->port = place_text(&place, peer_out->host, sizeof peer_out->host);
    peer_out->is_local = place.storage.ss_family == AF_UNIX ||
                         strncmp(peer_out->host, "127.", 4) == 0 ||
                         strcmp(peer_out->host, "::1") == 0;
    if (place.storage.ss_family != AF_UNIX)
        (void)setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *fd_out = accepted;
    return STATUS_OK;
}

enum status socket_connect(const char *address, int *fd_out) {
    struct socket_place place;
    if (place_of_address(address, &place) != STATUS_OK) return STATUS_UNAVAILABLE;
    int fd = socket_open(&place);
    if (fd < 0) return socket_status(errno);
    if (connect(fd, place_address(&place), place.size) != 0 && errno != EINPROGRESS) {
        close(fd);
        return STATUS_UNAVAILABLE;
    }
    *fd_out = fd;
    return STATUS_OK;
}

enum status socket_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

enum status socket_receive(int fd, void *memory, size_t size, size_t *size_out) {
    ssize_t got;
    do {
        got = recv(fd, memory, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? STATUS_BUSY : STATUS_END;
    if (got == 0) return STATUS_END;
    *size_out = (size_t)got;
    return STATUS_OK;
}

enum status socket_send(int fd, struct slice bytes, size_t *size_out) {
    ssize_t sent;
    *size_out = 0;
    do {
        sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno == EAGAIN ? STATUS_BUSY : STATUS_END;
    *size_out = (size_t)sent;
    return STATUS_OK;
}

void socket_end(int fd) { (void)shutdown(fd, SHUT_WR); }
void socket_close(int fd) { close(fd); }
