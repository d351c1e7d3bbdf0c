/* server/front_private.h: what the files of the SQL side share. */
#ifndef SERVER_FRONT_PRIVATE_H
#define SERVER_FRONT_PRIVATE_H

#include "base/compress.h"
#include "base/map.h"
#include "base/slice_map.h"
#include "protocol/protocol.h"
#include "server/front.h"
#include "server/task.h"

#define FRONT_SCRATCH_BYTES ((size_t)64 * KIB)
#define SERVER_VERSION      "8.4.3-tessera-0.1"

struct front {
    struct front_options options;
    struct tasks tasks;
    struct sql_server *server;
    struct spill_files *spill_files; /* or NULL */
    struct sql_counters *counters;
    struct tls_context *tls;
    struct worker *worker;
    struct rsa_pair *rsa;       /* NULL until it is made */
    struct slice_map passwords; /* the fast-path cache, see credential.c */
    struct compressor *compressor;
    struct list listeners, connections, dirty;
    struct deadline_heap deadlines; /* of idle and silent connections */
    struct waiter starter;          /* of the task that gets us ready */
    uint64_t connection_id_next;
    uint64_t now_us;
    uint32_t connection_count;
    bool is_ready;
    uint8_t *scratch; /* FRONT_SCRATCH_BYTES */
};

#endif
