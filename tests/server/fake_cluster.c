/* fake_cluster.c: see fake_sql.h. */
#include <stdlib.h>

#include "tests/server/fake_sql.h"

struct cluster {
    int nothing;
};

struct cluster *fake_cluster_open(void) {
    return calloc(1, sizeof(struct cluster));
}
void fake_cluster_close(struct cluster *cluster) { free(cluster); }

void cluster_bind(struct cluster *cluster, struct effects *out, uint64_t now_us) {
    (void)cluster;
    (void)out;
    (void)now_us;
}

enum status cluster_wait_ready(struct cluster *cluster, struct waiter *waiter,
                               uint64_t timeout_us) {
    (void)cluster;
    (void)timeout_us;
    return waiter_wait(waiter, WAIT_YIELD) == WAIT_WOKEN ? STATUS_OK : STATUS_CANCELLED;
}
