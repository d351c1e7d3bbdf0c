/* base/limits.h: every limit of the system, and how they depend on each other.
 *
 * A limit is an answer, not a crash: what exceeds one gets a status and MySQL's error. Where MySQL
 * has a limit, ours is the same, because clients size their buffers by it. Names end in their unit
 * and _MAX; a limit is a legal value itself. Those that travel or are stored (BUCKET_COUNT) never
 * change.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include "base/check.h"
#include "base/sanitize.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* The pool. A node has a bit in sets of NODES_MAX bits, a shard of a group a bit in a uint64_t. */
#define NODES_MAX        144 /* storage nodes, as NDB */
#define REPLICAS_MAX     4   /* storage nodes of one node group */
#define NODE_GROUPS_MAX  144
#define SHARDS_MAX       64 /* of one node group */
#define SHARDS_TOTAL_MAX (NODE_GROUPS_MAX * SHARDS_MAX)
#define SQL_NODES_MAX    255
#define META_NODES_MAX   7
/* hash(partition key) mod this; 2^8 * 3 * 5: 1 to 6, 8, 10, 12, 15, 16, .. shards share evenly. */
#define BUCKET_COUNT 3840

/* The dictionary: MySQL's and InnoDB's limits. */
#define IDENTIFIER_CHARS_MAX 64
#define IDENTIFIER_BYTES_MAX 256 /* at 4 bytes a character */
#define COLUMNS_MAX          1017
#define INDEXES_MAX          64 /* of one table, without the primary key */
#define KEY_PARTS_MAX        16
#define KEY_BYTES_MAX        3072 /* of the values of one key, before they are encoded */
/* At worst an escape doubles each byte. */
#define KEY_ENCODED_BYTES_MAX (2 * KEY_BYTES_MAX + 4 * KEY_PARTS_MAX)
#define COMMENT_CHARS_MAX     2048
#define ENUM_MEMBERS_MAX      65535
#define SET_MEMBERS_MAX       64
#define DECIMAL_DIGITS_MAX    65
#define DECIMAL_SCALE_MAX     30
#define FRACTION_DIGITS_MAX   6 /* of a second */
#define USER_CHARS_MAX        32
#define HOST_CHARS_MAX        255

/* Rows and values. Longer values of a row go to chained pages. */
#define ROW_INLINE_BYTES_MAX 65536
#define VALUE_BYTES_MAX      (4 * GIB - 1) /* LONGBLOB */

/* Traffic. A packet may be as large as MySQL's max_allowed_packet can be; what goes between nodes
 * is cut into messages, so that one statement never holds a link for long. */
#define PACKET_BYTES_MAX         GIB
#define PACKET_PIECE_BYTES_MAX   (16 * MIB - 1) /* between two packet headers */
#define PRELOGIN_BYTES_MAX       (64 * KIB)     /* of our memory for a stranger */
#define MESSAGE_BYTES_MAX        (64 * MIB)
#define CONNECTIONS_MAX          100000 /* of one SQL node, as MySQL's max_connections */
#define STATEMENT_PARAMETERS_MAX 65535
#define PREPARED_STATEMENTS_MAX  4194304

/* Work. */
#define STEP_ROWS_MAX         1000 /* of one step of a shard */
#define STEP_US_MAX           200
#define FIBER_SLICE_US_MAX    1000 /* then an operator yields */
#define EXPRESSION_DEPTH_MAX  200  /* recursion in SQL trees, far below a fiber's stack */
#define JOIN_TABLES_MAX       61
#define FIBER_STACK_BYTES     (SANITIZE_STACK_FACTOR * 256 * KIB)
#define FIBER_STACK_BYTES_MIN (16 * KIB)

static_assert(SHARDS_MAX <= 64, "a set of shards of a group is a uint64_t");
static_assert(REPLICAS_MAX <= 8, "a set of replicas of a shard is a byte");
static_assert(NODES_MAX <= UINT8_MAX && SQL_NODES_MAX <= UINT8_MAX, "node numbers are bytes");
static_assert(NODE_GROUPS_MAX <= NODES_MAX, "a group has a node at least");
static_assert(SHARDS_TOTAL_MAX <= UINT16_MAX, "shard numbers are 16 bits");
static_assert(BUCKET_COUNT % 256 == 0 && BUCKET_COUNT % 15 == 0, "buckets divide evenly");
static_assert(BUCKET_COUNT >= SHARDS_MAX, "no shard of a group is empty");
static_assert(BUCKET_COUNT <= UINT16_MAX, "bucket numbers are 16 bits");
static_assert(IDENTIFIER_CHARS_MAX * 4 == IDENTIFIER_BYTES_MAX, "utf8mb4");
static_assert(KEY_PARTS_MAX <= 64, "a set of key parts is a uint64_t");
static_assert(COLUMNS_MAX >= KEY_PARTS_MAX && COLUMNS_MAX <= UINT16_MAX, "columns are 16 bits");
static_assert(INDEXES_MAX + 1 <= UINT8_MAX, "index numbers are bytes, 0 is the primary key");
static_assert(KEY_ENCODED_BYTES_MAX < ROW_INLINE_BYTES_MAX, "an encoded key fits inline");
static_assert(2 * ROW_INLINE_BYTES_MAX < MESSAGE_BYTES_MAX, "before and after fit in one message");
static_assert(PACKET_PIECE_BYTES_MAX < MESSAGE_BYTES_MAX, "a full packet fits in one message");
static_assert(PACKET_BYTES_MAX <= VALUE_BYTES_MAX, "a value holds what a packet brings");
static_assert(PACKET_BYTES_MAX < UINT32_MAX && MESSAGE_BYTES_MAX < UINT32_MAX, "sizes are 32 bits");
static_assert(FIBER_STACK_BYTES >= FIBER_STACK_BYTES_MIN, "stacks are usable");
static_assert(FIBER_STACK_BYTES / EXPRESSION_DEPTH_MAX >= KIB, "a level of recursion has 1 KiB");

#endif
