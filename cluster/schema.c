/* schema.c: what tables are there, for who plans with one version while the next arrives?
 *
 * A DICTIONARY message holds the entries that changed. The new version is the old one's sorted arrays merged with
 * them; tables that did not change are shared, so a change of one table among thousands copies pointers only.
 *
 *   versions: | 7 (a transaction holds it) | 9 (newest) |      a version goes when its last holder lets go
 */
#include "cluster/schema.h"

#include "cluster/cluster_private.h"
#include "wire/meta.h"

void schemas_open(struct schemas *schemas, struct chunk_source *source) {
    *schemas = (struct schemas){.source = source};
    list_open(&schemas->versions);
}

/* ---- tables ---- */

static void hidden_open(struct schema_table *entry, uint32_t index, struct arena *arena) {
    struct hidden_table *hidden = &entry->hidden[index];
    struct table_definition *definition =
        table_of_unique_index(entry->table.definition, index, arena, &hidden->base_columns);
    hidden->layout = row_layout_of_table(definition, arena);
    hidden->key = key_layout_of_index(definition, 0, hidden->layout, KEY_INDEX_PARTS, arena);
    hidden->partition = key_layout_of_partition(definition, hidden->layout, arena);
    hidden->definition = definition;
    entry->has_unique = true;
}

static struct schema_table *table_take(struct schemas *schemas, struct slice bytes) {
    struct arena arena;
    arena_open(&arena, schemas->source, 0);
    struct table_definition *definition;
    if (table_decode(bytes, &arena, &definition) != STATUS_OK) {
        arena_close(&arena);
        return NULL;
    }
    struct schema_table *entry = arena_new(&arena, struct schema_table);
    struct row_layout *layout = row_layout_of_table(definition, &arena);
    const struct key_layout **keys =
        arena_array(&arena, const struct key_layout *, definition->index_count);
    entry->hidden = arena_array(&arena, struct hidden_table, definition->index_count);
    memset(entry->hidden, 0, definition->index_count * sizeof *entry->hidden);
    bool is_system = slice_equal(definition->database, SLICE_LITERAL("mysql"));
    entry->table = (struct table){
        .definition = definition,
        .layout = layout,
        .index_keys = keys,
        .partition_key = key_layout_of_partition(definition, layout, &arena),
        .map_number = is_system ? MAP_SYSTEM : MAP_DEFAULT,
    };
    for (uint32_t i = 0; i < definition->index_count; i++) {
        keys[i] = key_layout_of_index(definition, i, layout, KEY_INDEX_PARTS, &arena);
        if (definition->indexes[i].kind == INDEX_UNIQUE) hidden_open(entry, i, &arena);
    }
    entry->table_arena = arena;
    return entry;
}

static void table_release(struct schema_table *entry) {
    CHECK(entry->reference_count > 0);
    if (--entry->reference_count > 0) return;
    struct arena arena = entry->table_arena; /* the entry lives in it */
    arena_close(&arena);
}

/* ---- versions ---- */

static void schema_free(struct schemas *schemas, struct schema *schema) {
    CHECK(schema->reference_count == 0);
    for (uint32_t i = 0; i < schema->table_count; i++) table_release(schema->tables[i]);
    list_remove(&schema->link);
    if (schemas->newest == schema) schemas->newest = NULL;
    map_close(&schema->by_id);
    struct arena arena = schema->schema_arena;
    arena_close(&arena);
}

static void schema_let_go(struct schemas *schemas, struct schema *schema) {
    CHECK(schema->reference_count > 0);
    if (--schema->reference_count == 0) schema_free(schemas, schema);
}

void schemas_close(struct schemas *schemas) {
    LIST_EACH(link, &schemas->versions) {
        struct schema *schema = CONTAINER_OF(link, struct schema, link);
        schema->reference_count = 0; /* whoever held it is forgotten with the handle */
        schema_free(schemas, schema);
    }
}

uint32_t schemas_in_use(const struct schemas *schemas) {
    struct list_link *first = list_first(&schemas->versions);
    return first == NULL ? 0 : CONTAINER_OF(first, struct schema, link)->version;
}

/* ---- a push ---- */

static int name_compare(const struct schema_name *a, const struct schema_name *b) {
    int order = slice_compare(a->database, b->database);
    return order != 0 ? order : slice_compare(a->name, b->name);
}

static struct schema_name table_name(const struct schema_table *entry) {
    return (struct schema_name){entry->table.definition->database, entry->table.definition->name,
                                SLICE_EMPTY};
}

/* The new version under construction: arrays with room for all. */
struct push {
    struct schemas *schemas;
    struct schema *schema;
    struct reader reader;
    bool is_bad;
};

static void names_remove(struct schema_name *names, uint32_t *count,
                         const struct schema_name *name) {
    for (uint32_t i = 0; i < *count; i++) {
        if (name_compare(&names[i], name) != 0) continue;
        memmove(&names[i], &names[i + 1], (*count - i - 1) * sizeof *names);
        (*count)--;
        return;
    }
}

static void names_put(struct schema_name *names, uint32_t *count, struct schema_name name) {
    names_remove(names, count, &name);
    uint32_t place = *count;
    while (place > 0 && name_compare(&names[place - 1], &name) > 0) place--;
    memmove(&names[place + 1], &names[place], (*count - place) * sizeof *names);
    names[place] = name;
    (*count)++;
}

static void tables_remove(struct schema *schema, uint32_t place) {
    table_release(schema->tables[place]);
    memmove(&schema->tables[place], &schema->tables[place + 1],
            (schema->table_count - place - 1) * sizeof *schema->tables);
    schema->table_count--;
}

static void tables_remove_name(struct schema *schema, const struct schema_name *name) {
    for (uint32_t i = 0; i < schema->table_count; i++) {
        struct schema_name other = table_name(schema->tables[i]);
        if (name_compare(&other, name) != 0) continue;
        tables_remove(schema, i);
        return;
    }
}

/* A changed table replaces the one with its id, whatever its name was. */
static void tables_put(struct push *push, struct slice bytes) {
    struct schema *schema = push->schema;
    struct schema_table *entry = table_take(push->schemas, bytes);
    if (entry == NULL) {
        push->is_bad = true;
        return;
    }
    for (uint32_t i = 0; i < schema->table_count; i++) {
        if (schema->tables[i]->table.definition->id != entry->table.definition->id) continue;
        tables_remove(schema, i);
        break;
    }
    struct schema_name name = table_name(entry);
    tables_remove_name(schema, &name);
    uint32_t place = schema->table_count;
    for (; place > 0; place--) {
        struct schema_name other = table_name(schema->tables[place - 1]);
        if (name_compare(&other, &name) < 0) break;
    }
    memmove(&schema->tables[place + 1], &schema->tables[place],
            (schema->table_count - place) * sizeof *schema->tables);
    schema->tables[place] = entry;
    schema->table_count++;
    entry->reference_count = 1;
}

static void push_entry(struct push *push) {
    struct schema *schema = push->schema;
    struct arena *arena = &schema->schema_arena;
    uint8_t kind = reader_u8(&push->reader);
    struct schema_name name = {.database = arena_copy(arena, reader_slice(&push->reader))};
    name.name = arena_copy(arena, reader_slice(&push->reader));
    struct slice bytes = reader_slice(&push->reader);
    if (push->reader.failed) return;
    if (kind != DICTIONARY_TABLE) name.bytes = arena_copy(arena, bytes);
    switch ((enum dictionary_entry)kind) {
    case DICTIONARY_DATABASE: names_put(schema->databases, &schema->database_count, name); return;
    case DICTIONARY_TABLE: tables_put(push, bytes); return;
    case DICTIONARY_OBJECT: names_put(schema->objects, &schema->object_count, name); return;
    case DICTIONARY_DROPPED_DATABASE:
        names_remove(schema->databases, &schema->database_count, &name);
        return;
    case DICTIONARY_DROPPED_TABLE: tables_remove_name(schema, &name); return;
    case DICTIONARY_DROPPED_OBJECT:
        names_remove(schema->objects, &schema->object_count, &name);
        return;
    }
    push->is_bad = true;
}

static struct schema_name *names_copy(struct arena *arena, const struct schema_name *from,
                                      uint32_t count, uint32_t room) {
    struct schema_name *names = arena_array(arena, struct schema_name, room);
    for (uint32_t i = 0; i < count; i++)
        names[i] =
            (struct schema_name){arena_copy(arena, from[i].database),
                                 arena_copy(arena, from[i].name), arena_copy(arena, from[i].bytes)};
    return names;
}

static struct schema *schema_begin(struct schemas *schemas, const struct schema *from,
                                   const struct dictionary *dictionary) {
    static const struct schema nothing;
    if (from == NULL) from = &nothing;
    struct arena arena;
    arena_open(&arena, schemas->source, 0);
    struct schema *schema = arena_new(&arena, struct schema);
    uint32_t more = dictionary->entry_count + 1;
    schema->version = dictionary->version;
    schema->databases =
        names_copy(&arena, from->databases, from->database_count, from->database_count + more);
    schema->database_count = from->database_count;
    schema->objects =
        names_copy(&arena, from->objects, from->object_count, from->object_count + more);
    schema->object_count = from->object_count;
    schema->tables = arena_array(&arena, struct schema_table *, from->table_count + more);
    for (uint32_t i = 0; i < from->table_count; i++) {
        schema->tables[i] = from->tables[i];
        schema->tables[i]->reference_count++;
    }
    schema->table_count = from->table_count;
    map_open(&schema->by_id, schemas->source);
    schema->schema_arena = arena;
    list_push_last(&schemas->versions, &schema->link);
    return schema;
}

enum status schemas_take(struct schemas *schemas, const struct dictionary *dictionary) {
    struct schema *old = schemas->newest;
    if (old != NULL && dictionary->version <= old->version) return STATUS_OK; /* seen */
    if (dictionary->from_version != 0 && (old == NULL || dictionary->from_version > old->version))
        return STATUS_OLD_SCHEMA;
    if (dictionary->entry_count > dictionary->entries.size) return STATUS_CORRUPT;
    struct schema *schema =
        schema_begin(schemas, dictionary->from_version == 0 ? NULL : old, dictionary);
    struct push push = {schemas, schema, reader_of(dictionary->entries), false};
    for (uint32_t i = 0; i < dictionary->entry_count && !push.is_bad; i++) push_entry(&push);
    if (push.is_bad || push.reader.failed || reader_left(&push.reader) != 0) {
        schema_free(schemas, schema);
        return STATUS_CORRUPT;
    }
    for (uint32_t i = 0; i < schema->table_count; i++)
        map_put(&schema->by_id, schema->tables[i]->table.definition->id, schema->tables[i]);
    schema->reference_count = 1; /* (SV2) */
    schemas->newest = schema;
    if (old != NULL) schema_let_go(schemas, old);
    return STATUS_OK;
}

/* ---- as sql sees it ---- */

struct schema *schema_hold(struct cluster *cluster) {
    struct schema *schema = cluster->schemas.newest;
    CHECK(schema != NULL);
    schema->reference_count++;
    return schema;
}

void schema_release(struct cluster *cluster, struct schema *schema) {
    schema_let_go(&cluster->schemas, schema);
    cluster_report_schema(cluster);
}

uint32_t schema_version(const struct schema *schema) { return schema->version; }

/* The first place whose name is not below `name`. */
static uint32_t tables_place(const struct schema *schema, const struct schema_name *name) {
    uint32_t low = 0, high = schema->table_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct schema_name other = table_name(schema->tables[middle]);
        if (name_compare(&other, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct schema_name *names_find(const struct schema_name *names, uint32_t count,
                                            const struct schema_name *name) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (name_compare(&names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && name_compare(&names[low], name) == 0 ? &names[low] : NULL;
}

const struct table *schema_table(const struct schema *schema, struct slice database,
                                 struct slice name) {
    struct schema_name wanted = {database, name, SLICE_EMPTY};
    uint32_t place = tables_place(schema, &wanted);
    if (place == schema->table_count) return NULL;
    struct schema_name found = table_name(schema->tables[place]);
    return name_compare(&found, &wanted) == 0 ? &schema->tables[place]->table : NULL;
}

const struct table *schema_table_by_id(const struct schema *schema, uint64_t table_id) {
    const struct schema_table *entry = map_find(&schema->by_id, table_id);
    return entry == NULL ? NULL : &entry->table;
}

bool schema_has_database(const struct schema *schema, struct slice database) {
    struct schema_name wanted = {database, SLICE_EMPTY, SLICE_EMPTY};
    return names_find(schema->databases, schema->database_count, &wanted) != NULL;
}

bool schema_object(const struct schema *schema, struct slice database, struct slice name,
                   struct slice *bytes_out) {
    struct schema_name wanted = {database, name, SLICE_EMPTY};
    const struct schema_name *found = NULL;
    if (name.size == 0) found = names_find(schema->databases, schema->database_count, &wanted);
    if (found == NULL) found = names_find(schema->objects, schema->object_count, &wanted);
    if (found == NULL) return false;
    *bytes_out = found->bytes;
    return true;
}

bool schema_next_database(const struct schema *schema, struct schema_cursor *cursor,
                          struct slice *name_out) {
    if (cursor->at >= schema->database_count) return false;
    *name_out = schema->databases[cursor->at++].database;
    return true;
}

const struct table *schema_next_table(const struct schema *schema, struct slice database,
                                      struct schema_cursor *cursor) {
    struct schema_name first = {database, SLICE_EMPTY, SLICE_EMPTY};
    if (cursor->at == 0) cursor->at = tables_place(schema, &first);
    while (cursor->at < schema->table_count &&
           (schema->tables[cursor->at]->table.definition->options & TABLE_HIDDEN) != 0)
        cursor->at++;
    if (cursor->at >= schema->table_count) return NULL;
    const struct table *table = &schema->tables[cursor->at]->table;
    if (!slice_equal(table->definition->database, database)) return NULL;
    cursor->at++;
    return table;
}

bool schema_next_object(const struct schema *schema, struct slice database,
                        struct schema_cursor *cursor, struct slice *name_out,
                        struct slice *bytes_out) {
    while (cursor->at < schema->object_count) {
        const struct schema_name *object = &schema->objects[cursor->at++];
        if (!slice_equal(object->database, database)) continue;
        *name_out = object->name;
        *bytes_out = object->bytes;
        return true;
    }
    return false;
}
