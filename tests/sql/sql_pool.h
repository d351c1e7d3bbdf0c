/* tests/sql/sql_pool.h: a whole cluster in the test's own thread, for tests of sql/: meta, one storage node, a cluster handle; and
 * a fiber to run statements on.
 *
 * The machines are real; time, network, disk and configuration store are sim/'s, without faults, so a test takes no real
 * time and is the same every time.
 */
#ifndef TESTS_SQL_SQL_POOL_H
#define TESTS_SQL_SQL_POOL_H

#include "cluster/cluster.h"

struct sql_pool;

/* Ready for statements: every shard has a primary, the dictionary is there. */
struct sql_pool *sql_pool_open(uint64_t seed);
void sql_pool_close(struct sql_pool *pool);
struct cluster *sql_pool_cluster(struct sql_pool *pool);
struct waiter *sql_pool_waiter(struct sql_pool *pool);
struct chunk_source *sql_pool_source(struct sql_pool *pool);
/* Runs the function on a fiber and the cluster beside it, until it has returned. */
void sql_pool_run(struct sql_pool *pool, void (*function)(void *argument), void *argument);
/* Invented time, microseconds. */
uint64_t sql_pool_now_us(const struct sql_pool *pool);

#endif
