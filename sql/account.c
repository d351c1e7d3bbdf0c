/* account.c: accounts as bytes of the dictionary, and the list that logins and privilege checks look into.
 *
 *   (A1) Order of the list: hosts without wildcards first, then by where the first wildcard stands, '%' last; of one host
 *        named users before the anonymous one. The first that matches a login is its account, as in MySQL.
 *   (A2) The list is made again in its own arena when a newer dictionary version asks for it.
 */
#include "sql/account.h"

#include "row/collation.h"

#define ACCOUNT_FORMAT 1
#define ACCOUNT_PREFIX SLICE_LITERAL("account/")

struct account_list {
    struct arena arena; /* (A2) */
    struct account **accounts;
    uint32_t count, version;
    bool has_password;
};

/* ---- as bytes ---- */

static void put_slice(struct buffer *out, struct slice bytes) {
    uint8_t size[4];
    store_le32(size, (uint32_t)bytes.size);
    buffer_append(out, slice_of(size, sizeof size));
    buffer_append(out, bytes);
}

static void put_u64(struct buffer *out, uint64_t number) {
    uint8_t bytes[8];
    store_le64(bytes, number);
    buffer_append(out, slice_of(bytes, sizeof bytes));
}

static void put_table(struct buffer *out, const struct account_table *table) {
    put_slice(out, table->database);
    put_slice(out, table->table);
    put_u64(out, table->privileges);
    put_u64(out, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        put_slice(out, table->columns[i].name);
        put_u64(out, table->columns[i].privileges);
    }
}

void account_encode(const struct account *account, struct buffer *out) {
    const struct slice texts[] = {account->user,   account->host,    account->plugin,
                                  account->stored, account->comment, account->attribute};
    buffer_append_byte(out, ACCOUNT_FORMAT);
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) put_slice(out, texts[i]);
    buffer_append_byte(out, account->is_locked);
    buffer_append_byte(out, account->is_expired);
    buffer_append_byte(out, account->is_role);
    buffer_append_byte(out, account->tls);
    put_u64(out, account->global);
    put_u64(out, account->database_count);
    for (uint32_t i = 0; i < account->database_count; i++) {
        put_slice(out, account->databases[i].pattern);
        put_u64(out, account->databases[i].privileges);
    }
    put_u64(out, account->table_count);
    for (uint32_t i = 0; i < account->table_count; i++) put_table(out, &account->tables[i]);
}

static struct slice take_slice(struct reader *reader, struct arena *arena) {
    return arena_copy(arena, reader_take(reader, reader_u32(reader)));
}

/* How many entries of at least `size` bytes follow: never more than there is room for. */
static uint32_t take_count(struct reader *reader, size_t size) {
    uint64_t count = reader_u64(reader);
    if (count > reader_left(reader) / size) {
        reader_fail(reader);
        return 0;
    }
    return (uint32_t)count;
}

static void take_table(struct reader *reader, struct arena *arena, struct account_table *table) {
    table->database = take_slice(reader, arena);
    table->table = take_slice(reader, arena);
    table->privileges = reader_u64(reader);
    table->column_count = take_count(reader, 12);
    table->columns = arena_array(arena, struct account_column, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        table->columns[i].name = take_slice(reader, arena);
        table->columns[i].privileges = reader_u64(reader);
    }
}

enum status account_decode(struct slice bytes, struct arena *arena, struct account *out) {
    struct reader reader = reader_of(bytes);
    *out = (struct account){0};
    if (reader_u8(&reader) != ACCOUNT_FORMAT) return STATUS_CORRUPT;
    struct slice *texts[] = {&out->user,   &out->host,    &out->plugin,
                             &out->stored, &out->comment, &out->attribute};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) *texts[i] = take_slice(&reader, arena);
    out->is_locked = reader_u8(&reader);
    out->is_expired = reader_u8(&reader);
    out->is_role = reader_u8(&reader);
    out->tls = reader_u8(&reader);
    out->global = reader_u64(&reader);
    out->database_count = take_count(&reader, 12);
    out->databases = arena_array(arena, struct account_database, out->database_count);
    for (uint32_t i = 0; i < out->database_count; i++) {
        out->databases[i].pattern = take_slice(&reader, arena);
        out->databases[i].privileges = reader_u64(&reader);
    }
    out->table_count = take_count(&reader, 24);
    out->tables = arena_array(arena, struct account_table, out->table_count);
    for (uint32_t i = 0; i < out->table_count; i++) take_table(&reader, arena, &out->tables[i]);
    return reader.failed ? STATUS_CORRUPT : STATUS_OK;
}

struct slice account_object_name(struct slice user, struct slice host, struct arena *arena) {
    struct buffer name = buffer_of(arena);
    buffer_append(&name, ACCOUNT_PREFIX);
    buffer_append(&name, user);
    buffer_append_byte(&name, '@');
    buffer_append(&name, host);
    return buffer_slice(&name);
}

struct account *account_copy(const struct account *account, struct arena *arena) {
    struct buffer bytes = buffer_of(arena);
    struct account *copy = arena_new(arena, struct account);
    account_encode(account, &bytes);
    enum status status = account_decode(buffer_slice(&bytes), arena, copy);
    CHECK(status == STATUS_OK);
    return copy;
}

/* ---- entries ---- */

struct account_database *account_database_of(struct account *account, struct slice pattern,
                                             struct arena *arena) {
    for (uint32_t i = 0; i < account->database_count; i++)
        if (slice_equal(account->databases[i].pattern, pattern)) return &account->databases[i];
    uint32_t count = account->database_count;
    struct account_database *databases = arena_array(arena, struct account_database, count + 1);
    if (count > 0) memcpy(databases, account->databases, count * sizeof *databases);
    databases[count] = (struct account_database){.pattern = pattern};
    account->databases = databases;
    account->database_count++;
    return &databases[count];
}

struct account_table *account_table_of(struct account *account, struct slice database,
                                       struct slice table, struct arena *arena) {
    for (uint32_t i = 0; i < account->table_count; i++) {
        struct account_table *entry = &account->tables[i];
        if (slice_equal(entry->database, database) && slice_equal(entry->table, table))
            return entry;
    }
    uint32_t count = account->table_count;
    struct account_table *tables = arena_array(arena, struct account_table, count + 1);
    if (count > 0) memcpy(tables, account->tables, count * sizeof *tables);
    tables[count] = (struct account_table){.database = database, .table = table};
    account->tables = tables;
    account->table_count++;
    return &tables[count];
}

struct account_column *account_column_of(struct account_table *table, struct slice name,
                                         struct arena *arena) {
    for (uint32_t i = 0; i < table->column_count; i++)
        if (slice_equal_nocase(table->columns[i].name, name)) return &table->columns[i];
    uint32_t count = table->column_count;
    struct account_column *columns = arena_array(arena, struct account_column, count + 1);
    if (count > 0) memcpy(columns, table->columns, count * sizeof *columns);
    columns[count] = (struct account_column){.name = name};
    table->columns = columns;
    table->column_count++;
    return &columns[count];
}

void account_tidy(struct account *account) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < account->database_count; i++)
        if (account->databases[i].privileges != 0)
            account->databases[kept++] = account->databases[i];
    account->database_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < account->table_count; i++) {
        struct account_table *table = &account->tables[i];
        uint32_t columns = 0;
        for (uint32_t c = 0; c < table->column_count; c++)
            if (table->columns[c].privileges != 0) table->columns[columns++] = table->columns[c];
        table->column_count = columns;
        if (table->privileges != 0 || columns > 0) account->tables[kept++] = *table;
    }
    account->table_count = kept;
}

/* ---- the list ---- */

struct account_list *account_list_open(struct arena *arena, struct chunk_source *source) {
    struct account_list *list = arena_new(arena, struct account_list);
    arena_open(&list->arena, source, 0);
    return list;
}

void account_list_close(struct account_list *list) { arena_close(&list->arena); }

uint32_t account_list_version(const struct account_list *list) { return list->version; }

/* (A1): smaller is more specific. */
static size_t host_rank(struct slice host) {
    for (size_t i = 0; i < host.size; i++)
        if (host.data[i] == '%' || host.data[i] == '_') return SIZE_MAX - i - 1;
    return host.size == 0 ? SIZE_MAX : 0;
}

static bool is_before(const struct account *a, const struct account *b) {
    size_t rank_a = host_rank(a->host), rank_b = host_rank(b->host);
    if (rank_a != rank_b) return rank_a < rank_b;
    if ((a->user.size == 0) != (b->user.size == 0)) return b->user.size == 0;
    int order = slice_compare(a->host, b->host);
    return order != 0 ? order < 0 : slice_compare(a->user, b->user) < 0;
}

static void list_insert(struct account_list *list, struct account *account) {
    uint32_t at = list->count++;
    while (at > 0 && is_before(account, list->accounts[at - 1])) {
        list->accounts[at] = list->accounts[at - 1];
        at--;
    }
    list->accounts[at] = account;
}

static bool has_prefix(struct slice name) {
    return name.size >= ACCOUNT_PREFIX.size &&
           slice_equal(slice_part(name, 0, ACCOUNT_PREFIX.size), ACCOUNT_PREFIX);
}

void account_list_renew(struct account_list *list, const struct schema *schema) {
    if (schema_version(schema) <= list->version) return;
    struct slice name, bytes, database = SLICE_LITERAL("mysql");
    struct schema_cursor cursor = {0};
    uint32_t count = 0;
    while (schema_next_object(schema, database, &cursor, &name, &bytes)) count += has_prefix(name);
    arena_reset(&list->arena);
    list->accounts = arena_array(&list->arena, struct account *, count);
    list->count = 0;
    list->has_password = false;
    list->version = schema_version(schema);
    cursor = (struct schema_cursor){0};
    while (schema_next_object(schema, database, &cursor, &name, &bytes)) {
        struct account *account = arena_new(&list->arena, struct account);
        if (!has_prefix(name) || account_decode(bytes, &list->arena, account) != STATUS_OK)
            continue;
        list_insert(list, account);
        list->has_password |= account->stored.size > 0;
    }
}

const struct account *account_list_at(const struct account_list *list, uint32_t place) {
    return place < list->count ? list->accounts[place] : NULL;
}

const struct account *account_list_find(const struct account_list *list, struct slice user,
                                        struct slice host) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct account *account = list->accounts[i];
        if (slice_equal(account->user, user) && slice_equal_nocase(account->host, host))
            return account;
    }
    return NULL;
}

const struct account *account_list_match(const struct account_list *list, struct slice user,
                                         struct slice host) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct account *account = list->accounts[i];
        bool is_user = account->user.size == 0 || slice_equal(account->user, user);
        if (!is_user || account->is_role) continue;
        if (slice_equal_nocase(account->host, host) ||
            collation_like(COLLATION_ASCII_GENERAL_CI, host, account->host, '\\'))
            return account;
    }
    return NULL;
}

bool account_list_has_password(const struct account_list *list) { return list->has_password; }
