/* positions.c: how does a front end write down the keys and ranges of a scan?
 *
 * The packed form is wire's (wire/pack.h); sql/ knows it by these two calls alone.
 */
#include "cluster/cluster.h"

void scan_add_point(struct buffer *positions, struct slice key) { pack_point(positions, key); }

void scan_add_range(struct buffer *positions, const struct pack_range *range) {
    CHECK((range->flags & RANGE_LOWER_NONE) == 0 || range->lower.size == 0);
    pack_range(positions, range);
}
