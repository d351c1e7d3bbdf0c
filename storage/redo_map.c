/* redo_map.c: where in the log is position p of shard s?
 *
 *   segments:  [ n-3 | n-2 | n-1 | n ]      n is being written; the oldest go first (trim)
 *   marks:      ^  ^  ^ ^   ^  ^  ^  ^      each: lsn -> next position of every slot
 *
 *   (M1) Positions of a slot rise from mark to mark, but across a cut; there they fall. The last mark at or before a
 *        position is right in both cases: what lies behind the cut is what counts.
 *   (M2) When marks run out, every second one is forgotten: reads then begin a little earlier. The first one stays,
 *        for it says what the log still holds.
 *   (M3) A record is void when a later cut of its slot is below it. Records do not say so themselves, so whoever
 *        reads the log in order of positions asks redo_map_is_void.
 */
#include "storage/redo_map.h"

void redo_map_open(struct redo_map *map, struct arena *arena, uint32_t segment_bytes) {
    CHECK(segment_bytes > 0);
    *map = (struct redo_map){.segment_bytes = segment_bytes, .file_number_next = 1};
    map->segments = arena_array_bytes(arena, REDO_SEGMENTS_MAX, sizeof(*map->segments));
    map->marks = arena_alloc(arena, REDO_MARKS_MAX * sizeof(*map->marks)); /* touched on use */
    map->cuts = arena_array_bytes(arena, REDO_CUTS_MAX, sizeof(*map->cuts));
    CHECK(map->segments != NULL && map->marks != NULL && map->cuts != NULL);
}

/* ---- segments ---- */

struct redo_segment *redo_map_segment(const struct redo_map *map, uint64_t lsn) {
    CHECK(lsn != 0);
    uint64_t number = redo_map_segment_of(map, lsn);
    for (uint32_t i = map->segment_count; i > 0; i--) {
        if (map->segments[i - 1].number == number) return &map->segments[i - 1];
        if (map->segments[i - 1].number < number) break;
    }
    return NULL;
}

struct redo_segment *redo_map_add_segment(struct redo_map *map, uint64_t number) {
    CHECK(!redo_map_is_full(map));
    CHECK(map->segment_count == 0 || redo_map_last(map)->number < number);
    struct redo_segment *segment = &map->segments[map->segment_count++];
    *segment = (struct redo_segment){.number = number, .end = number * map->segment_bytes};
    if (map->free_count > 0) {
        struct redo_free_file file = map->free_files[--map->free_count];
        segment->file_number = file.file_number;
        segment->file_bytes = file.file_bytes;
    } else {
        segment->file_number = map->file_number_next++;
    }
    return segment;
}

bool redo_map_adopt_segment(struct redo_map *map, const struct redo_segment *segment) {
    if (redo_map_is_full(map)) return false;
    uint32_t at = map->segment_count;
    while (at > 0 && map->segments[at - 1].number > segment->number) at--;
    if (at > 0 && map->segments[at - 1].number == segment->number) return false;
    memmove(&map->segments[at + 1], &map->segments[at],
            (map->segment_count - at) * sizeof(map->segments[0]));
    map->segments[at] = *segment;
    map->segment_count++;
    map->file_number_next = MAX(map->file_number_next, segment->file_number + 1);
    CHECK(at == 0 || map->segments[at - 1].number < segment->number);
    return true;
}

bool redo_map_drop_segment(struct redo_map *map, uint64_t lsn, struct redo_segment *dropped_out) {
    if (map->segment_count < 2) return false;
    if ((map->segments[0].number + 1) * map->segment_bytes > lsn) return false;
    *dropped_out = map->segments[0];
    map->segment_count--;
    memmove(map->segments, map->segments + 1, map->segment_count * sizeof(map->segments[0]));
    CHECK(map->segments[0].number > dropped_out->number);
    return true;
}

bool redo_map_keep_file(struct redo_map *map, const struct redo_segment *dropped) {
    CHECK(dropped->file_number < map->file_number_next);
    CHECK(map->free_count <= REDO_FREE_FILES_MAX);
    if (map->free_count == REDO_FREE_FILES_MAX) return false;
    if (dropped->file_bytes > map->segment_bytes) return false;
    map->free_files[map->free_count++] = (struct redo_free_file){
        .file_number = dropped->file_number, .file_bytes = dropped->file_bytes};
    return true;
}

/* ---- marks ---- */

/* (M2) */
static void marks_thin_out(struct redo_map *map) {
    CHECK(map->mark_count == REDO_MARKS_MAX);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < map->mark_count; i += 2) map->marks[kept++] = map->marks[i];
    map->mark_count = kept;
    CHECK(map->mark_count < REDO_MARKS_MAX);
}

struct redo_mark *redo_map_add_mark(struct redo_map *map, uint64_t lsn) {
    uint32_t distance = map->segment_bytes / REDO_MARKS_A_SEGMENT;
    if (map->mark_count > 0) {
        const struct redo_mark *last = &map->marks[map->mark_count - 1];
        CHECK(lsn > last->lsn);
        if (lsn - last->lsn < distance && lsn % map->segment_bytes != 0) return NULL;
    }
    if (map->mark_count == REDO_MARKS_MAX) marks_thin_out(map);
    struct redo_mark *mark = &map->marks[map->mark_count++];
    memset(mark, 0, sizeof(*mark));
    mark->lsn = lsn;
    return mark;
}

uint64_t redo_map_find(const struct redo_map *map, uint32_t slot, uint64_t position) {
    CHECK(slot < REDO_SLOTS_MAX);
    if (map->mark_count == 0) return UINT64_MAX;
    uint32_t at = map->mark_count - 1;
    while (at > 0 && map->marks[at].next_position[slot] > position) at--; /* (M1) */
    return map->marks[at].lsn;
}

void redo_map_forget_below(struct redo_map *map) {
    CHECK(map->segment_count > 0);
    uint64_t lsn = map->segments[0].number * map->segment_bytes;
    uint32_t gone = 0;
    while (gone < map->mark_count && map->marks[gone].lsn < lsn) gone++;
    map->mark_count -= gone;
    memmove(map->marks, map->marks + gone, map->mark_count * sizeof(map->marks[0]));
    for (gone = 0; gone < map->cut_count && map->cuts[gone].lsn < lsn;) gone++;
    map->cut_count -= gone;
    memmove(map->cuts, map->cuts + gone, map->cut_count * sizeof(map->cuts[0]));
    CHECK(map->mark_count == 0 || map->marks[0].lsn >= lsn);
}

/* ---- cuts ---- */

void redo_map_add_cut(struct redo_map *map, const struct redo_cut *cut,
                      struct redo_cut *forgotten_out) {
    CHECK(cut->slot < REDO_SLOTS_MAX);
    *forgotten_out = (struct redo_cut){0};
    if (map->cut_count == REDO_CUTS_MAX) {
        *forgotten_out = map->cuts[0];
        map->cut_count--;
        memmove(map->cuts, map->cuts + 1, map->cut_count * sizeof(map->cuts[0]));
    }
    CHECK(map->cut_count < REDO_CUTS_MAX);
    map->cuts[map->cut_count++] = *cut;
}

bool redo_map_is_void(const struct redo_map *map, uint32_t slot, uint64_t lsn, uint64_t position) {
    CHECK(position > 0);
    for (uint32_t i = map->cut_count; i > 0; i--) {
        const struct redo_cut *cut = &map->cuts[i - 1];
        if (cut->lsn <= lsn) return false; /* in log order: the rest is earlier still */
        if (cut->slot == slot && cut->position < position) return true;
    }
    return false;
}
