/* test_fragment.c: fragments (fragment*.c, version.c) against a model that keeps every version for
 * ever in an array and finds what a reader sees by looking at all of them.
 */
#include <criterion/criterion.h>

#include "tests/storage/test_table.h"

enum {
    ID_COUNT = 40,
    TXN_COUNT = 5,
    SNAPSHOT_COUNT = 6,
    VERSION_COUNT_MAX = 4000,
    NOTE_BYTES_MAX = 9000
};

struct image {
    bool exists;
    int32_t k;
    uint32_t note_size;
    uint8_t note_fill;
};
struct model_version {
    uint64_t timestamp;
    struct image image;
};
struct model_row {
    struct model_version *versions; /* oldest first */
    uint32_t version_count;
    struct image pending[64]; /* of the writer that holds it, by write */
    uint32_t statements[64];
    uint32_t pending_count;
    int32_t holder; /* index into txns, -1 */
};
struct model_txn {
    bool is_open, is_prepared;
    uint32_t slot, statement;
    uint64_t timestamp; /* prepared */
};
struct model {
    struct test_table table;
    struct random random;
    struct model_row rows[ID_COUNT];
    struct model_txn txns[TXN_COUNT];
    uint64_t live[SNAPSHOT_COUNT]; /* rising */
    uint32_t live_count;
    uint64_t clock, snapshot_max, decided_max, position; /* C, M, L */
    uint64_t txn_number, full_count, wait_count, scan_count, commit_count, collect_count;
};

enum ending { ENDING_COMMIT, ENDING_ABORT };

static uint8_t note_bytes[NOTE_BYTES_MAX];

static enum ending random_ending(struct model *model) {
    return random_chance(&model->random, 0.5) ? ENDING_COMMIT : ENDING_ABORT;
}

static struct slice note_of(const struct image *image) {
    memset(note_bytes, image->note_fill, image->note_size);
    return slice_of(note_bytes, image->note_size);
}

static struct image random_image(struct random *random) {
    static const uint32_t sizes[] = {0, 0, 3, 9, 30, 60, 200, 200, 900, 9000};
    struct image image = {.exists = true};
    image.k = random_chance(random, 0.1) ? TEST_NO_K : (int32_t)random_below(random, 12) - 4;
    image.note_size = sizes[random_below(random, ARRAY_COUNT(sizes))];
    image.note_fill = (uint8_t)('a' + random_below(random, 3));
    return image;
}

/* ---- what the model says ---- */

static const struct image *model_newest(const struct model_row *row) {
    static const struct image absent;
    if (row->pending_count > 0) return &row->pending[row->pending_count - 1];
    if (row->version_count > 0) return &row->versions[row->version_count - 1].image;
    return &absent;
}

static const struct image *model_committed(const struct model_row *row, uint64_t snapshot) {
    static const struct image absent;
    for (uint32_t i = row->version_count; i-- > 0;)
        if (row->versions[i].timestamp <= snapshot) return &row->versions[i].image;
    return &absent;
}

static bool model_must_wait(const struct model *model, const struct model_row *row,
                            uint64_t snapshot) {
    if (row->pending_count == 0) return false;
    const struct model_txn *txn = &model->txns[row->holder];
    return txn->is_prepared && txn->timestamp <= snapshot;
}

static void model_push(struct model_row *row, uint64_t timestamp, struct image image) {
    cr_assert(row->version_count < VERSION_COUNT_MAX);
    row->versions[row->version_count++] = (struct model_version){timestamp, image};
}

/* ---- transactions ---- */

static void do_write(struct model *model, uint32_t txn_index) {
    struct model_txn *txn = &model->txns[txn_index];
    uint32_t id = (uint32_t)random_below(&model->random, ID_COUNT);
    struct model_row *row = &model->rows[id];
    if (row->holder >= 0 && row->holder != (int32_t)txn_index) return;
    if (row->pending_count == ARRAY_COUNT(row->pending)) return;
    if (random_chance(&model->random, 0.5)) txn->statement++;
    enum write_kind kind = (enum write_kind)random_range(&model->random, 1, 4);
    struct image image = random_image(&model->random);
    const struct image *newest = model_newest(row);
    if (kind == WRITE_UPDATE && random_chance(&model->random, 0.5)) image.k = newest->k;
    if (kind == WRITE_DELETE) image = (struct image){0};
    enum status expected = STATUS_OK;
    if (kind == WRITE_INSERT && newest->exists) expected = STATUS_DUPLICATE;
    if ((kind == WRITE_UPDATE || kind == WRITE_DELETE) && !newest->exists)
        expected = STATUS_NOT_FOUND;
    enum status status =
        test_write(&model->table, (struct test_write){txn->slot, txn->statement, kind, id, image.k,
                                                      note_of(&image)});
    if (status == STATUS_FULL) {
        model->full_count++;
        return;
    }
    cr_assert_eq(status, expected);
    if (status != STATUS_OK) return;
    row->holder = (int32_t)txn_index;
    bool same = row->pending_count > 0 && row->statements[row->pending_count - 1] == txn->statement;
    if (!same) row->pending_count++;
    row->pending[row->pending_count - 1] = image;
    row->statements[row->pending_count - 1] = txn->statement;
}

static void do_undo(struct model *model, uint32_t txn_index) {
    struct model_txn *txn = &model->txns[txn_index];
    uint32_t from = (uint32_t)random_range(
        &model->random, txn->statement > 3 ? txn->statement - 3 : 0, txn->statement);
    while (!fragment_undo(model->table.fragments, txn->slot, from, 2)) {}
    for (uint32_t id = 0; id < ID_COUNT; id++) {
        struct model_row *row = &model->rows[id];
        if (row->holder != (int32_t)txn_index) continue;
        while (row->pending_count > 0 && row->statements[row->pending_count - 1] >= from)
            row->pending_count--;
    }
}

static void do_prepare(struct model *model, struct model_txn *txn) {
    txn->timestamp = MAX(model->snapshot_max + 1, model->decided_max);
    writer_prepare(fragments_writers(model->table.fragments), txn->slot, txn->timestamp);
    txn->is_prepared = true;
}

/* The log record lists each written row once, with its newest image. */
static void check_written(struct model *model, uint32_t txn_index) {
    struct fragment_written_cursor cursor = {0};
    struct fragment_written written;
    uint32_t seen = 0, expected = 0;
    while (fragment_written_next(model->table.fragments, model->txns[txn_index].slot, &cursor,
                                 &written)) {
        seen++;
        uint32_t id = load_be32(written.key.data);
        const struct image *image = model_newest(&model->rows[id]);
        cr_assert_eq(model->rows[id].holder, (int32_t)txn_index);
        cr_assert_eq(written.is_delete, !image->exists);
        cr_assert_eq(written.table_id, 77);
        if (!image->exists) continue;
        struct slice row = test_row(&model->table, id, image->k, note_of(image));
        cr_assert(slice_equal(row, written.row));
        arena_reset(&model->table.scratch);
    }
    for (uint32_t id = 0; id < ID_COUNT; id++) {
        const struct model_row *row = &model->rows[id];
        if (row->holder != (int32_t)txn_index || row->pending_count == 0) continue;
        bool existed = model_committed(row, UINT64_MAX)->exists;
        if (existed || model_newest(row)->exists) expected++;
    }
    cr_assert_eq(seen, expected);
}

static void do_finish(struct model *model, uint32_t txn_index, enum ending ending) {
    struct model_txn *txn = &model->txns[txn_index];
    uint64_t timestamp = txn->timestamp;
    check_written(model, txn_index);
    if (!txn->is_prepared)
        timestamp = MAX(model->snapshot_max + 1, model->decided_max);
    else if (random_chance(&model->random, 0.3))
        timestamp = MAX(timestamp, model->clock); /* others' part */
    if (ending == ENDING_COMMIT) {
        model->position++;
        model->commit_count++;
        model->decided_max = MAX(model->decided_max, timestamp);
        model->clock = MAX(model->clock, timestamp);
        test_commit(&model->table, txn->slot, timestamp, model->position);
    } else {
        test_abort(&model->table, txn->slot);
    }
    for (uint32_t id = 0; id < ID_COUNT; id++) {
        struct model_row *row = &model->rows[id];
        if (row->holder != (int32_t)txn_index) continue;
        if (ending == ENDING_COMMIT && row->pending_count > 0)
            model_push(row, timestamp, *model_newest(row));
        row->pending_count = 0;
        row->holder = -1;
    }
    *txn = (struct model_txn){0};
}

static void do_txn(struct model *model) {
    uint32_t index = (uint32_t)random_below(&model->random, TXN_COUNT);
    struct model_txn *txn = &model->txns[index];
    if (!txn->is_open) {
        *txn = (struct model_txn){.is_open = true};
        txn->slot = test_writer(&model->table, ++model->txn_number);
        return;
    }
    double dice = random_unit(&model->random);
    if (txn->is_prepared && dice < 0.6)
        return;
    else if (txn->is_prepared)
        do_finish(model, index, dice < 0.9 ? ENDING_COMMIT : ENDING_ABORT);
    else if (dice < 0.75)
        do_write(model, index);
    else if (dice < 0.82)
        do_undo(model, index);
    else if (dice < 0.90)
        do_prepare(model, txn);
    else
        do_finish(model, index, dice < 0.98 ? ENDING_COMMIT : ENDING_ABORT);
}

static void do_apply(struct model *model) {
    uint32_t id = (uint32_t)random_below(&model->random, ID_COUNT);
    struct model_row *row = &model->rows[id];
    if (row->holder >= 0) return;
    struct image image = random_image(&model->random);
    if (random_chance(&model->random, 0.3)) image = (struct image){0};
    uint64_t timestamp = MAX(model->snapshot_max + 1, model->decided_max);
    struct fragment_image put = {.key = test_key(&model->table, id),
                                 .is_delete = !image.exists,
                                 .timestamp = timestamp,
                                 .position = model->position + 1};
    if (image.exists) put.row = test_row(&model->table, id, image.k, note_of(&image));
    enum status status = fragment_apply(model->table.fragment, &put);
    if (status == STATUS_OK) status = fragment_apply(model->table.fragment, &put); /* D4 */
    put.is_delete = true;
    put.position = model->position;
    if (status == STATUS_OK) status = fragment_apply(model->table.fragment, &put); /* older */
    arena_reset(&model->table.scratch);
    if (status == STATUS_FULL) return;
    cr_assert_eq(status, STATUS_OK);
    model->position++;
    model->decided_max = timestamp;
    model->clock = MAX(model->clock, timestamp);
    model_push(row, timestamp, image);
}

/* ---- snapshots and garbage ---- */

static void do_snapshot(struct model *model) {
    if (model->live_count == SNAPSHOT_COUNT || random_chance(&model->random, 0.4)) {
        if (model->live_count == 0) return;
        uint32_t at = (uint32_t)random_below(&model->random, model->live_count--);
        memmove(&model->live[at], &model->live[at + 1],
                (model->live_count - at) * sizeof(uint64_t));
        return;
    }
    model->snapshot_max = model->clock++;
    model->live[model->live_count++] = model->snapshot_max;
}

static void do_collect(struct model *model) {
    struct fragment_horizon horizon = {model->snapshot_max, model->live, model->live_count};
    if (random_chance(&model->random, 0.2)) horizon.complete_below /= 2;
    fragment_collect(model->table.fragments, &horizon,
                     (uint32_t)random_range(&model->random, 1, 40));
    fragments_step_end(model->table.fragments);
    model->collect_count++;
}

/* ---- reads ---- */

static void check_image(struct model *model, uint32_t id, const struct image *image,
                        enum version_found found, const struct version_read *read) {
    cr_assert_eq(found, image->exists ? VERSION_VISIBLE : VERSION_ABSENT);
    if (!image->exists) return;
    struct slice row = test_row(&model->table, id, image->k, note_of(image));
    cr_assert(slice_equal(row, version_row(read->version)));
    arena_reset(&model->table.scratch);
}

static void do_read(struct model *model) {
    uint32_t id = (uint32_t)random_below(&model->random, ID_COUNT);
    const struct model_row *row = &model->rows[id];
    struct version_view view = version_view_newest();
    if (model->live_count > 0 && random_chance(&model->random, 0.7))
        view.snapshot = model->live[random_below(&model->random, model->live_count)];
    struct version_read read;
    bool own = row->holder >= 0 && random_chance(&model->random, 0.5);
    if (own) view.writer = model->txns[row->holder].slot;
    enum version_found found = test_read(&model->table, id, view, &read);
    if (own && row->pending_count > 0) {
        check_image(model, id, model_newest(row), found, &read);
        view.statement_below = row->statements[row->pending_count - 1];
        found = test_read(&model->table, id, view, &read);
        const struct image *image = model_committed(row, view.snapshot);
        if (row->pending_count > 1) image = &row->pending[row->pending_count - 2];
        check_image(model, id, image, found, &read);
    } else if (model_must_wait(model, row, view.snapshot)) {
        cr_assert_eq(found, VERSION_MUST_WAIT);
        cr_assert_eq(read.writer, model->txns[row->holder].slot);
        view.snapshot = SNAPSHOT_DECIDED;
        found = test_read(&model->table, id, view, &read);
        check_image(model, id, model_committed(row, UINT64_MAX), found, &read);
    } else {
        check_image(model, id, model_committed(row, view.snapshot), found, &read);
    }
}

struct expected_row {
    uint32_t id;
    struct slice key; /* entry key, in the arena of the scan */
};

static int compare_expected(const void *a, const void *b) {
    const struct expected_row *x = a, *y = b;
    return slice_compare(x->key, y->key);
}

/* All rows that a snapshot sees, in the order of an index. */
static uint32_t expected_rows(struct model *model, uint32_t index, uint64_t snapshot,
                              struct arena *arena, struct expected_row *rows) {
    uint32_t count = 0;
    for (uint32_t id = 0; id < ID_COUNT; id++) {
        const struct image *image = model_committed(&model->rows[id], snapshot);
        if (!image->exists) continue;
        struct buffer key = buffer_of(arena);
        struct slice row = test_row(&model->table, id, image->k, note_of(image));
        fragment_entry_key(model->table.fragment, index, row, &key);
        rows[count++] = (struct expected_row){id, buffer_slice(&key)};
    }
    qsort(rows, count, sizeof(rows[0]), compare_expected);
    return count;
}

/* A range between two of the keys, or open. */
static void random_range_of(struct model *model, struct fragment_scan *scan,
                            const struct expected_row *rows, uint32_t count) {
    scan->range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE;
    if (count < 2) return;
    uint32_t low = (uint32_t)random_below(&model->random, count);
    uint32_t high = (uint32_t)random_range(&model->random, low, count - 1);
    if (random_chance(&model->random, 0.5)) {
        scan->range_flags &= ~(uint32_t)RANGE_LOWER_NONE;
        scan->lower = rows[low].key;
        if (random_chance(&model->random, 0.5)) scan->range_flags |= RANGE_LOWER_OPEN;
    }
    if (random_chance(&model->random, 0.5)) {
        scan->range_flags &= ~(uint32_t)RANGE_UPPER_NONE;
        scan->upper = rows[high].key;
        if (random_chance(&model->random, 0.5)) scan->range_flags |= RANGE_UPPER_OPEN;
        if (random_chance(&model->random, 0.3)) scan->range_flags |= RANGE_UPPER_PREFIX;
    }
}

static bool range_holds(const struct fragment_scan *scan, struct slice key) {
    uint32_t flags = scan->range_flags;
    int low = (flags & RANGE_LOWER_NONE) != 0 ? 1 : slice_compare(key, scan->lower);
    int high = (flags & RANGE_UPPER_NONE) != 0 ? -1 : slice_compare(key, scan->upper);
    if (low < 0 || (low == 0 && (flags & RANGE_LOWER_OPEN) != 0)) return false;
    return high < 0 || (high == 0 && (flags & RANGE_UPPER_OPEN) == 0);
}

static void do_step(struct model *model);

/* Scans in small batches, with other work between them, and gets what the snapshot sees. */
static void do_scan(struct model *model) {
    if (model->live_count == 0) return;
    uint64_t snapshot = model->live[random_below(&model->random, model->live_count)];
    uint32_t index_count = fragment_schema_of(model->table.fragment)->definition->index_count;
    uint32_t index = (uint32_t)random_below(&model->random, index_count);
    if (fragment_schema_of(model->table.fragment)->definition->indexes[index].state != INDEX_PUBLIC)
        return;
    struct arena arena;
    arena_open(&arena, &model->table.chunks, 0);
    struct expected_row rows[ID_COUNT];
    uint32_t count = expected_rows(model, index, snapshot, &arena, rows);
    struct fragment_scan scan = {.fragment = model->table.fragment,
                                 .index = index,
                                 .direction = (enum scan_direction)random_below(&model->random, 2),
                                 .view = version_view_snapshot(snapshot)};
    random_range_of(model, &scan, rows, count);
    uint32_t got[2 * ID_COUNT], got_count = 0;
    for (;;) {
        struct fragment_row room[7];
        struct fragment_batch batch = {.rows = room,
                                       .row_capacity = (uint32_t)random_range(&model->random, 1, 7),
                                       .examine_max = (uint32_t)random_range(&model->random, 1, 12),
                                       .arena = &arena};
        enum scan_result result = fragment_scan_next(&scan, &batch);
        for (uint32_t i = 0; i < batch.row_count; i++) {
            uint32_t id = load_be32(room[i].key.data);
            check_image(
                model, id, model_committed(&model->rows[id], snapshot), VERSION_VISIBLE,
                &(struct version_read){
                    .version = (const struct version *)(const void *)(room[i].row.data -
                                                                      VERSION_HEADER_BYTES)});
            cr_assert(got_count < ARRAY_COUNT(got));
            got[got_count++] = id;
        }
        scan.resume = batch.resume;
        if (result == SCAN_END) break;
        if (result == SCAN_MUST_WAIT) {
            model->wait_count++;
            uint32_t at = 0;
            while (!model->txns[at].is_open || model->txns[at].slot != batch.writer) at++;
            cr_assert(model->txns[at].is_prepared);
            do_finish(model, at, random_ending(model));
        }
        for (uint32_t i = 0; i < 3; i++) {
            if (random_chance(&model->random, 0.5)) do_txn(model);
            if (random_chance(&model->random, 0.3)) do_collect(model);
        }
    }
    count = expected_rows(model, index, snapshot, &arena, rows);
    uint32_t inside = 0;
    for (uint32_t i = 0; i < count; i++)
        if (range_holds(&scan, rows[i].key)) rows[inside++] = rows[i];
    cr_assert_eq(got_count, inside, "index %u: %u rows, not %u", index, got_count, inside);
    for (uint32_t i = 0; i < inside; i++)
        cr_assert_eq(got[i], rows[scan.direction == SCAN_FORWARD ? i : inside - 1 - i].id);
    model->scan_count++;
    arena_close(&arena);
}

/* ---- the run ---- */

static void do_step(struct model *model) {
    double dice = random_unit(&model->random);
    if (dice < 0.55)
        do_txn(model);
    else if (dice < 0.62)
        do_snapshot(model);
    else if (dice < 0.70)
        do_collect(model);
    else if (dice < 0.85)
        do_read(model);
    else if (dice < 0.93)
        do_scan(model);
    else if (dice < 0.96)
        do_apply(model);
    if (random_chance(&model->random, 0.02))
        inspect_fragment_verify(model->table.fragment, &model->table.scratch);
}

static struct model *model_open(uint64_t seed, size_t region_bytes, uint32_t index_count) {
    struct model *model = calloc(1, sizeof(*model));
    test_table_open(&model->table, region_bytes, index_count);
    random_open(&model->random, seed);
    model->clock = 1;
    for (uint32_t id = 0; id < ID_COUNT; id++) {
        model->rows[id].versions = calloc(VERSION_COUNT_MAX, sizeof(struct model_version));
        model->rows[id].holder = -1;
    }
    return model;
}

static void finish_all(struct model *model) {
    for (uint32_t i = 0; i < TXN_COUNT; i++)
        if (model->txns[i].is_open) do_finish(model, i, random_ending(model));
}

/* Without snapshots, one version of each row stays, and nothing of rows that are gone. */
static void check_collected(struct model *model) {
    struct fragment_horizon horizon = {model->clock, NULL, 0};
    while (!fragment_collect(model->table.fragments, &horizon, 10)) {}
    struct inspect_garbage garbage = inspect_garbage_of(model->table.fragments);
    cr_assert_eq(garbage.version_count, 0);
    cr_assert_eq(garbage.entry_count, 0);
    cr_assert_eq(fragments_garbage_bytes(model->table.fragments), 0);
    uint32_t live = 0, seen = 0;
    for (uint32_t id = 0; id < ID_COUNT; id++) live += model_newest(&model->rows[id])->exists;
    struct inspect_row *row = calloc(1, sizeof(*row));
    struct slice after = SLICE_EMPTY;
    for (; inspect_row_next(model->table.fragment, after, row); seen++) {
        cr_assert_eq(row->version_count, 1);
        after = row->key;
    }
    free(row);
    cr_assert_eq(seen, live);
    inspect_fragment_verify(model->table.fragment, &model->table.scratch);
    struct fragment_statistics statistics;
    fragment_statistics_of(model->table.fragment, &statistics);
    cr_assert_eq(statistics.row_count, live);
}

static void model_close(struct model *model) {
    finish_all(model);
    model->live_count = 0;
    check_collected(model);
    for (uint32_t id = 0; id < ID_COUNT; id++) free(model->rows[id].versions);
    test_table_close(&model->table);
    free(model);
}

Test(fragment, agrees_with_a_model_that_forgets_nothing) {
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct model *model = model_open(seed, 16 << 20, 3);
        for (uint32_t step = 0; step < 6000; step++) do_step(model);
        cr_assert(model->scan_count > 50, "%zu scans", (size_t)model->scan_count);
        cr_assert(model->wait_count > 5, "%zu waits", (size_t)model->wait_count);
        cr_assert(model->commit_count > 50, "%zu commits", (size_t)model->commit_count);
        model_close(model);
    }
}

Test(fragment, agrees_with_the_model_when_memory_is_short) {
    uint64_t full_count = 0;
    for (uint64_t seed = 21; seed <= 26; seed++) {
        struct model *model = model_open(seed, 19 * MEMORY_PAGE_BYTES, 3);
        for (uint32_t step = 0; step < 5000; step++) do_step(model);
        full_count += model->full_count;
        model_close(model);
    }
    cr_assert(full_count > 20, "refused %zu times", (size_t)full_count);
}

Test(fragment, indexes_come_and_go_while_work_goes_on) {
    for (uint64_t seed = 31; seed <= 36; seed++) {
        struct model *model = model_open(seed, 16 << 20, 2);
        struct test_table *table = &model->table;
        for (uint32_t step = 0; step < 1500; step++) do_step(model);
        enum index_state states[] = {INDEX_DELETE_ONLY, INDEX_WRITE_ONLY, INDEX_BACKFILL,
                                     INDEX_PUBLIC};
        struct buffer resume = buffer_of(&table->arena);
        for (uint32_t i = 0; i < 4; i++) {
            struct table_definition *definition = test_definition(&table->arena, 3, states[i]);
            struct fragment_schema *schema = fragment_schema_make(definition, &table->arena);
            cr_assert_eq(fragment_set_schema(table->fragment, schema), STATUS_OK);
            table->schema = schema;
            enum status status = states[i] == INDEX_BACKFILL ? STATUS_OK : STATUS_END;
            for (uint32_t step = 0; step < 300 || status == STATUS_OK; step++) {
                do_step(model);
                if (status != STATUS_END && step % 10 == 0)
                    status = fragment_backfill(table->fragment, 2, 3, &resume);
            }
        }
        for (uint32_t step = 0; step < 1500; step++) do_step(model);
        inspect_fragment_verify(table->fragment, &table->scratch);
        while (!fragment_empty_index(table->fragment, 2, 1)) {}
        struct table_definition *definition = test_definition(&table->arena, 2, INDEX_PUBLIC);
        table->schema = fragment_schema_make(definition, &table->arena);
        cr_assert_eq(fragment_set_schema(table->fragment, table->schema), STATUS_OK);
        for (uint32_t step = 0; step < 500; step++) do_step(model);
        model_close(model);
    }
}

/* A live snapshot sees versions from before the index, which differ only in what it indexes. */
Test(fragment, a_backfilled_index_tells_old_versions_apart) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    for (uint64_t i = 1; i <= 3; i++) {
        uint8_t note[4] = {'a', 'b', 'c', (uint8_t)('0' + i)};
        uint32_t writer = test_writer(&table, i);
        cr_assert_eq(
            test_write(&table, (struct test_write){writer, 1, WRITE_PUT, 5, 50, slice_of(note, 4)}),
            STATUS_OK);
        test_commit(&table, writer, i, i);
    }
    enum index_state states[] = {INDEX_BACKFILL, INDEX_PUBLIC};
    for (uint32_t i = 0; i < 2; i++) {
        struct table_definition *definition = test_definition(&table.arena, 3, states[i]);
        table.schema = fragment_schema_make(definition, &table.arena);
        cr_assert_eq(fragment_set_schema(table.fragment, table.schema), STATUS_OK);
        struct buffer resume = buffer_of(&table.arena);
        if (i == 0) cr_assert_eq(fragment_backfill(table.fragment, 2, 10, &resume), STATUS_END);
    }
    inspect_fragment_verify(table.fragment, &table.scratch);
    for (uint64_t snapshot = 1; snapshot <= 3; snapshot++) {
        struct fragment_row room[8];
        struct fragment_scan scan = {.fragment = table.fragment,
                                     .index = TEST_INDEX_NOTE,
                                     .range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE,
                                     .view = version_view_snapshot(snapshot)};
        struct fragment_batch batch = {
            .rows = room, .row_capacity = 8, .examine_max = 100, .arena = &table.scratch};
        cr_assert_eq(fragment_scan_next(&scan, &batch), SCAN_END);
        cr_assert_eq(batch.row_count, 1);
        cr_assert_eq(room[0].position, snapshot);
    }
    uint64_t live = 1;
    struct fragment_horizon horizon = {3, &live, 1};
    cr_assert(fragment_collect(table.fragments, &horizon, 100));
    inspect_fragment_verify(table.fragment, &table.scratch);
    test_table_close(&table);
}
