/* ast_build_table.c: definitions of tables, indexes, views and databases of a tree that is being parsed.
 *
 * The attributes of a column, a key or an ALTER TABLE come one rule at a time; the parser's state points at the
 * one they belong to (there is never a second one open).
 */
#include "sql/ast_build.h"
#include "sql/grammar.h"

/* ---- Types ---- */

struct type_size build_type_size(uint64_t length) {
    return (struct type_size){.length = (uint32_t)MIN(length, UINT32_MAX), .has_length = true};
}

struct type_size build_type_precision(struct parser *p, uint64_t length, uint64_t decimals) {
    if (decimals > 255) build_error(p, 1425, "Too big scale specified for column. Maximum is 30.");
    struct type_size size = build_type_size(length);
    size.decimals = (uint16_t)MIN(decimals, 255);
    size.has_decimals = true;
    return size;
}

struct ast_type *build_type(struct parser *p, int kind, struct type_size size) {
    struct ast_type *type = build_new(p, struct ast_type);
    type->kind = (enum ast_type_kind)kind;
    type->has_length = size.has_length;
    type->length = size.length;
    type->has_decimals = size.has_decimals;
    type->decimals = size.decimals;
    return type;
}

struct ast_type *build_type_national(struct parser *p, int kind, struct type_size size) {
    struct ast_type *type = build_type(p, kind, size);
    type->is_national = true;
    type->charset = SLICE_LITERAL("utf8mb3");
    return type;
}

struct ast_type *build_type_values(struct parser *p, int kind,
                                   const struct ast_identifiers *values) {
    struct ast_type *type = build_type(p, kind, (struct type_size){0});
    type->values = *values;
    return type;
}

void build_type_byte(struct ast_type *type) {
    switch (type->kind) {
    case AST_TYPE_CHAR: type->kind = AST_TYPE_BINARY; return;
    case AST_TYPE_VARCHAR: type->kind = AST_TYPE_VARBINARY; return;
    case AST_TYPE_TINYTEXT: type->kind = AST_TYPE_TINYBLOB; return;
    case AST_TYPE_TEXT: type->kind = AST_TYPE_BLOB; return;
    case AST_TYPE_MEDIUMTEXT: type->kind = AST_TYPE_MEDIUMBLOB; return;
    case AST_TYPE_LONGTEXT: type->kind = AST_TYPE_LONGBLOB; return;
    default: return;
    }
}

/* ---- Columns and keys ---- */

struct ast_create_table *build_create_like(struct parser *p, const struct ast_name *like) {
    struct ast_create_table *create = build_new(p, struct ast_create_table);
    create->is_like = true;
    create->like = *like;
    return create;
}

struct ast_create_table *build_create_select(struct parser *p, struct ast_query *query) {
    struct ast_create_table *create = build_new(p, struct ast_create_table);
    create->query = query;
    return create;
}

struct ast_table_elements *build_element(struct parser *p, struct ast_column *column,
                                         struct ast_key *key, const struct ast_check *check) {
    struct ast_table_elements *elements = build_new(p, struct ast_table_elements);
    if (column != NULL) {
        *(struct ast_column **)build_push(p, &elements->columns, sizeof(column)) = column;
    }
    if (key != NULL) *(struct ast_key **)build_push(p, &elements->keys, sizeof(key)) = key;
    if (check != NULL) build_checks(p, &elements->checks, check);
    return elements;
}

/* `more` holds one element. */
void build_elements_merge(struct parser *p, struct ast_table_elements *list,
                          const struct ast_table_elements *more) {
    if (more->columns.count > 0) {
        struct ast_column *column = more->columns.items[0];
        *(struct ast_column **)build_push(p, &list->columns, sizeof(column)) = column;
    }
    if (more->keys.count > 0) {
        struct ast_key *key = more->keys.items[0];
        *(struct ast_key **)build_push(p, &list->keys, sizeof(key)) = key;
    }
    if (more->checks.count > 0) build_checks(p, &list->checks, &more->checks.items[0]);
}

struct ast_column *build_column_definition(struct parser *p, struct ast_type *type) {
    p->column = build_new(p, struct ast_column);
    p->column->type = type;
    return p->column;
}

void build_checks(struct parser *p, struct ast_checks *list, const struct ast_check *check) {
    *(struct ast_check *)build_push(p, list, sizeof(*check)) = *check;
}

static void error_here(struct parser *p) { build_syntax_error(p, &(struct token){.data = p->end}); }

/* [NOT] ENFORCED belongs to the CHECK before it. */
void build_check_enforced(struct parser *p, int enforced) {
    struct ast_checks *checks = &p->column->checks;
    if (checks->count == 0) {
        error_here(p);
        return;
    }
    checks->items[checks->count - 1].enforced = (enum ast_tristate)enforced;
}

void build_generated_kind(struct parser *p, int kind) {
    if (p->column->generated == AST_NOT_GENERATED) error_here(p);
    p->column->generated = (enum ast_generated)kind;
}

struct key_name *build_key_name(struct parser *p, struct slice name, int method) {
    struct key_name *key_name = build_new(p, struct key_name);
    *key_name = (struct key_name){name, (enum ast_key_method)method};
    return key_name;
}

struct ast_key *build_key(struct parser *p, int kind, const struct key_name *name,
                          const struct ast_key_parts *parts) {
    struct ast_key *key = build_index_head(p, kind, name);
    key->parts = *parts;
    return key;
}

struct ast_key *build_index_head(struct parser *p, int kind, const struct key_name *name) {
    p->key = build_new(p, struct ast_key);
    p->key->kind = (enum ast_key_kind)kind;
    p->key->name = name->name;
    p->key->method = name->method;
    return p->key;
}

struct ast_key_part *build_key_part(struct parser *p, struct slice column, uint64_t length) {
    struct ast_key_part *part = build_new(p, struct ast_key_part);
    part->column = column;
    part->length = (uint32_t)MIN(length, UINT32_MAX);
    return part;
}

struct ast_key_parts *build_key_parts(struct parser *p, struct ast_key_parts *list,
                                      const struct ast_key_part *part, int descending) {
    if (list == NULL) list = build_new(p, struct ast_key_parts);
    struct ast_key_part *added = build_push(p, list, sizeof(*added));
    *added = *part;
    added->descending = descending;
    return list;
}

struct ast_reference *build_reference(struct parser *p, const struct ast_name *table,
                                      const struct ast_identifiers *columns) {
    struct ast_reference *reference = build_new(p, struct ast_reference);
    reference->table = *table;
    reference->columns = *columns;
    return reference;
}

/* ---- Options and partitions ---- */

struct ast_option *build_option(struct parser *p, int kind, struct slice value) {
    struct ast_option *option = build_new(p, struct ast_option);
    option->kind = (enum ast_option_kind)kind;
    option->value = value;
    return option;
}

struct ast_option *build_option_number(struct parser *p, int kind, struct token number) {
    bool is_default = number.kind == TOKEN_DEFAULT;
    struct slice digits = is_default ? SLICE_EMPTY : slice_of(number.data, number.size);
    struct ast_option *option = build_option(p, kind, digits);
    if (!is_default) option->number = build_number(p, &number);
    return option;
}

struct ast_options *build_options(struct parser *p, struct ast_options *list,
                                  const struct ast_option *option) {
    if (list == NULL) list = build_new(p, struct ast_options);
    *(struct ast_option *)build_push(p, list, sizeof(*option)) = *option;
    return list;
}

struct ast_partition_method *build_method(struct parser *p, int kind, struct ast_expr *expr,
                                          const struct ast_identifiers *columns) {
    struct ast_partition_method *method = build_new(p, struct ast_partition_method);
    method->kind = (enum ast_partition_kind)kind;
    method->expr = expr;
    if (columns != NULL) {
        method->is_columns = true;
        method->columns = *columns;
    }
    return method;
}

struct ast_partitions *build_partitions(struct parser *p, struct ast_partitions *list,
                                        struct ast_partition *partition) {
    if (list == NULL) list = build_new(p, struct ast_partitions);
    *(struct ast_partition **)build_push(p, list, sizeof(partition)) = partition;
    return list;
}

struct ast_partition *build_partition_max(struct parser *p) {
    struct ast_partition *partition = build_new(p, struct ast_partition);
    partition->has_less_than = true;
    partition->values = *build_rows(p, NULL, build_exprs(p, NULL, NULL));
    return partition;
}

struct ast_partition *build_partition_in(struct parser *p, const struct ast_exprs *values) {
    struct ast_partition *partition = build_new(p, struct ast_partition);
    partition->has_in = true;
    struct ast_rows *rows = NULL;
    for (uint32_t i = 0; i < values->count; i++) {
        rows = build_rows(p, rows, build_exprs(p, NULL, values->items[i]));
    }
    partition->values = *rows;
    return partition;
}

/* ---- ALTER, DROP, RENAME ---- */

void build_alter_table(struct parser *p, const struct ast_name *table) {
    p->alter_table = build_new(p, struct ast_alter_table);
    p->alter_table->table = *table;
}

struct ast_alter *build_alter(struct parser *p, int kind) {
    struct ast_alter *alter = build_push(p, &p->alter_table->actions, sizeof(*alter));
    alter->kind = (enum ast_alter_kind)kind;
    return alter;
}

struct ast_alter *build_alter_column(struct parser *p, int kind, struct ast_column *column) {
    struct ast_alter *alter = build_alter(p, kind);
    alter->column = column;
    alter->name = column->name;
    alter->is_first = p->is_first;
    alter->after = p->after;
    return alter;
}

void build_alter_elements(struct parser *p, const struct ast_table_elements *elements) {
    p->is_first = false;
    p->after = SLICE_EMPTY;
    for (uint32_t i = 0; i < elements->columns.count; i++) {
        build_alter_column(p, AST_ALTER_ADD_COLUMN, elements->columns.items[i]);
    }
    for (uint32_t i = 0; i < elements->keys.count; i++) {
        build_alter(p, AST_ALTER_ADD_KEY)->key = elements->keys.items[i];
    }
    for (uint32_t i = 0; i < elements->checks.count; i++) {
        build_alter(p, AST_ALTER_ADD_CHECK)->check = &elements->checks.items[i];
    }
}

struct ast_alter *build_alter_flag(struct parser *p, int kind, struct slice name, int flag) {
    struct ast_alter *alter = build_alter(p, kind);
    alter->name = name;
    alter->flag = (enum ast_tristate)flag;
    return alter;
}

void build_alter_rename(struct parser *p, int kind, struct slice from, struct slice to) {
    struct ast_alter *alter = build_alter(p, kind);
    alter->name = from;
    alter->new_name = to;
}

void build_alter_convert(struct parser *p, struct slice charset, struct slice collation) {
    struct ast_alter *alter = build_alter(p, AST_ALTER_CONVERT_CHARSET);
    alter->charset = charset;
    alter->collation = collation;
}

void build_alter_partitioning(struct parser *p, struct ast_partitioning *partitioning) {
    if (partitioning == NULL) return;
    build_alter(p, AST_ALTER_PARTITION_BY)->partitioning = partitioning;
}

struct ast_drop *build_drop(struct parser *p, const struct ast_names *names, int if_exists,
                            int behaviour) {
    struct ast_drop *drop = build_new(p, struct ast_drop);
    drop->names = *names;
    drop->if_exists = if_exists;
    drop->behaviour = (enum ast_drop_behaviour)behaviour;
    return drop;
}

struct ast_rename *build_rename(struct parser *p, struct ast_rename *list,
                                const struct ast_name *from, const struct ast_name *to) {
    if (list == NULL) list = build_new(p, struct ast_rename);
    build_names(p, &list->from, from);
    build_names(p, &list->to, to);
    return list;
}

/* ---- Indexes, views, databases ---- */

void build_create_index(struct parser *p, struct ast_key *key, const struct ast_name *table,
                        const struct ast_key_parts *parts) {
    struct ast_create_index *create = build_new(p, struct ast_create_index);
    key->parts = *parts;
    create->key = key;
    create->table = *table;
    create->algorithm = p->algorithm;
    create->lock = p->lock;
    if (key->name.size == 0) error_here(p);
    build_statement(p, AST_CREATE_INDEX, create);
}

void build_drop_index(struct parser *p, struct slice name, const struct ast_name *table) {
    struct ast_drop_index *drop = build_new(p, struct ast_drop_index);
    *drop = (struct ast_drop_index){name, *table, p->algorithm, p->lock};
    build_statement(p, AST_DROP_INDEX, drop);
}

void build_view(struct ast_create_view *view, struct slice algorithm,
                const struct ast_account *definer) {
    view->algorithm = algorithm;
    if (definer == NULL) return;
    view->has_definer = true;
    view->definer = *definer;
}

struct ast_database *build_database(struct parser *p, struct slice name,
                                    const struct ast_options *options, int if_exists) {
    struct ast_database *database = build_new(p, struct ast_database);
    database->name = name;
    database->if_exists = if_exists;
    if (options != NULL) database->options = *options;
    return database;
}
