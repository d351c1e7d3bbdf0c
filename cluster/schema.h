/* cluster/schema.h: versions of the dictionary, as pushed by meta.
 *
 *   (SV1) A version is immutable and counted; entries are shared between versions and counted, too.
 *   (SV2) The newest version is held by the cluster handle itself.
 *   (SV3) in_use, the oldest version that anybody holds, is reported to meta when it or the newest
 *         one rises (V3).
 */
#ifndef CLUSTER_SCHEMA_H
#define CLUSTER_SCHEMA_H

#include "base/list.h"
#include "base/map.h"
#include "cluster/cluster.h"

/* The hidden table of a unique index, from the base's definition. */
struct hidden_table {
    const struct table_definition *definition; /* NULL: the index is not unique */
    const struct row_layout *layout;
    const struct key_layout *key;       /* over `layout` */
    const struct key_layout *partition; /* over `layout` */
    const uint16_t *base_columns;       /* of each hidden column */
};

struct schema_table {
    struct table table;          /* what others see */
    struct hidden_table *hidden; /* by place in definition->indexes */
    uint32_t reference_count;    /* versions that have it */
    bool has_unique;
    struct arena table_arena;
};

struct schema_name {
    struct slice database, name; /* name is empty for databases */
    struct slice bytes;          /* objects; a database's options */
};

struct schema {
    struct list_link link; /* in schemas->versions, rising */
    uint32_t version;
    uint32_t reference_count;
    struct arena schema_arena;
    struct schema_table **tables; /* by database, name */
    struct schema_name *databases, *objects;
    uint32_t table_count, database_count, object_count;
    struct map by_id;
};

struct schemas {
    struct chunk_source *source;
    struct list versions;
    struct schema *newest; /* NULL before the first */
    uint32_t reported_version, reported_in_use;
};

void schemas_open(struct schemas *schemas, struct chunk_source *source);
void schemas_close(struct schemas *schemas);
/* A push: a new version. OLD_SCHEMA: it does not follow what is here; ask for the whole. CORRUPT. */
MUST_USE enum status schemas_take(struct schemas *schemas, const struct dictionary *dictionary);
uint32_t schemas_in_use(const struct schemas *schemas);

static inline const struct schema_table *schema_table_of(const struct table *table) {
    return CONTAINER_OF((struct table *)(uintptr_t)table, struct schema_table, table);
}

#endif
