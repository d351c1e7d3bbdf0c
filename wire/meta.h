/* wire/meta.h: the dictionary: changes asked of meta, carried to shards, pushed to SQL daemons.
 */
#ifndef WIRE_META_H
#define WIRE_META_H

#include "wire/message_field.h"

enum ddl_kind {
    DDL_CREATE_DATABASE = 1,
    DDL_DROP_DATABASE = 2,
    DDL_CREATE_TABLE = 3,
    DDL_DROP_TABLE = 4,
    DDL_ALTER_TABLE = 5, /* a new definition of the same table: columns, indexes, options */
    DDL_RENAME_TABLE = 6,
    DDL_TRUNCATE_TABLE = 7, /* the table gets a new id and empty fragments */
    DDL_PUT_OBJECT = 8,     /* a named entry that shards do not see: view, database option, ... */
    DDL_DROP_OBJECT = 9,
    DDL_FILLED = 10,     /* with the nonce of an ALTER that was answered BUSY: its new unique indexes
                            have an entry of every row now */
    DDL_UNFILLABLE = 11, /* they cannot: two rows have the same key, or the fill failed */
    DDL_REBUILD_TABLE = 12, /* as ALTER, but rows are copied: BUSY with the copy's table id asks for that,
                               DDL_FILLED and DDL_UNFILLABLE answer it */
};

/* DDL: SQL daemon -> meta. definition: row/table.h for tables, else the object's own bytes.
 * based_on: the schema version that the daemon planned with; OLD_SCHEMA when the object changed
 * since. DDL_DONE with BUSY: new unique indexes take all writes now; the daemon fills their hidden
 * tables and says DDL_FILLED (an older daemon's death ends the change). Answered by DDL_DONE when the change is public on every live SQL daemon. txn fields name
 * the requester for metadata locks. */
#define DDL_FIELDS(F)                                                                              \
    F(u8, ddl_kind)                                                                                \
    F(u64, nonce) F(u32, based_on) F(bytes, database) F(bytes, name) F(bytes, new_database)        \
        F(bytes, new_name) F(bytes, definition)
#define DDL_DONE_FIELDS(F) F(u8, status) F(u64, nonce) F(u32, version) F(u32, table_id)

/* SCHEMA: meta -> shard primary: a schema version enters through the shard's log (V3). Answer:
 * DONE. change: 1 create, 2 alter, 3 drop, 4 backfill index `index_id` until done. */
enum schema_change { SCHEMA_CREATE = 1, SCHEMA_ALTER = 2, SCHEMA_DROP = 3, SCHEMA_BACKFILL = 4 };
#define SCHEMA_FIELDS(F)                                                                           \
    F(u8, schema_change) F(u32, table_id) F(u32, version) F(u16, index_id) F(bytes, definition)

/* DICTIONARY: meta -> SQL daemon: entries that changed after `from_version`; from_version 0 is the
 * whole. entries packed: kind u8 (enum dictionary_entry), varint-sized database, name, bytes.
 * LEARNED: SQL daemon -> meta: planned with from now on; nothing here uses a version below `in_use`
 * (V3). */
enum dictionary_entry {
    DICTIONARY_DATABASE = 1,
    DICTIONARY_TABLE = 2,
    DICTIONARY_OBJECT = 3,
    DICTIONARY_DROPPED_DATABASE = 4,
    DICTIONARY_DROPPED_TABLE = 5,
    DICTIONARY_DROPPED_OBJECT = 6
};
#define DICTIONARY_FIELDS(F)                                                                       \
    F(u32, from_version) F(u32, version) F(u32, entry_count) F(bytes, entries)
#define LEARNED_FIELDS(F) F(u16, node) F(u32, version) F(u32, in_use)

/* STATUS_ASK: tool -> any node; STATUS_TELL: its state as JSON text. */
#define STATUS_ASK_FIELDS(F)  F(u64, nonce)
#define STATUS_TELL_FIELDS(F) F(u64, nonce) F(bytes, json)

MESSAGE_STRUCT(ddl, DDL_FIELDS)
MESSAGE_STRUCT(ddl_done, DDL_DONE_FIELDS)
MESSAGE_STRUCT(put_schema, SCHEMA_FIELDS) /* cluster.h has a struct schema */
MESSAGE_STRUCT(dictionary, DICTIONARY_FIELDS)
MESSAGE_STRUCT(learned, LEARNED_FIELDS)
MESSAGE_STRUCT(status_ask, STATUS_ASK_FIELDS)
MESSAGE_STRUCT(status_tell, STATUS_TELL_FIELDS)

#endif
