/* storage/redo_map.h: where in the log is position p of shard s? Segments, marks and cuts, in memory only.
 *
 * A mark says: at this lsn, these are the next positions of all shards. There is one at about each sixteenth of a
 * segment, so finding a position is finding the last mark at or before it and reading on. Shards are named by their
 * slot in the redo.
 */
#ifndef STORAGE_REDO_MAP_H
#define STORAGE_REDO_MAP_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"

#define REDO_SLOTS_MAX       (SHARDS_MAX + 1) /* shards of a store, and the store itself */
#define REDO_SEGMENTS_MAX    1024
#define REDO_MARKS_MAX       512
#define REDO_CUTS_MAX        64
#define REDO_FREE_FILES_MAX  2 /* kept to be used again */
#define REDO_MARKS_A_SEGMENT 16

struct redo_segment {
    uint64_t number;      /* its lsns begin at number * segment_bytes */
    uint64_t file_number; /* names say nothing else */
    uint64_t file_bytes;  /* that the file has, zeros or old batches behind `end` included */
    uint64_t end;         /* lsn behind its last batch */
};
struct redo_mark {
    uint64_t lsn; /* of a batch */
    uint64_t next_position[REDO_SLOTS_MAX];
};
/* Records of the slot above `position` that lie before `lsn` are void. */
struct redo_cut {
    uint32_t slot;
    uint64_t lsn, position;
};
struct redo_free_file {
    uint64_t file_number, file_bytes;
};

struct redo_map {
    uint32_t segment_bytes;
    uint32_t segment_count, mark_count, cut_count, free_count;
    struct redo_segment *segments; /* rising numbers; the last one is being written */
    struct redo_mark *marks;       /* rising lsns */
    struct redo_cut *cuts;         /* in the order of the log */
    struct redo_free_file free_files[REDO_FREE_FILES_MAX];
    uint64_t file_number_next;
};

void redo_map_open(struct redo_map *map, struct arena *arena, uint32_t segment_bytes);

/* ---- segments ---- */
static inline uint64_t redo_map_segment_of(const struct redo_map *map, uint64_t lsn) {
    return lsn / map->segment_bytes;
}
/* The segment that holds `lsn`, NULL when it is not there. */
struct redo_segment *redo_map_segment(const struct redo_map *map, uint64_t lsn);
static inline struct redo_segment *redo_map_last(const struct redo_map *map) {
    return map->segment_count == 0 ? NULL : &map->segments[map->segment_count - 1];
}
static inline bool redo_map_is_full(const struct redo_map *map) {
    return map->segment_count == REDO_SEGMENTS_MAX;
}
/* A new last segment, in a free file or in a new one. CHECKs that the map is not full. */
struct redo_segment *redo_map_add_segment(struct redo_map *map, uint64_t number);
/* One that recovery found; numbers may come in any order. False: the number is there twice, or too many. */
bool redo_map_adopt_segment(struct redo_map *map, const struct redo_segment *segment);
/* Takes out the oldest segment if it ends at or below `lsn` and is not the last. */
bool redo_map_drop_segment(struct redo_map *map, uint64_t lsn, struct redo_segment *dropped_out);
/* Takes the file of a dropped segment to be used again; false: there are enough, remove it. */
bool redo_map_keep_file(struct redo_map *map, const struct redo_segment *dropped);

/* ---- marks ---- */
/* A mark for the batch at `lsn`, whose next_position is to be filled in; NULL: none is due. */
struct redo_mark *redo_map_add_mark(struct redo_map *map, uint64_t lsn);
/* A place from which on all valid records of the slot at or above `position` lie: the lsn of the last mark that is
 * not behind it; the first mark's when none is. UINT64_MAX without marks. */
uint64_t redo_map_find(const struct redo_map *map, uint32_t slot, uint64_t position);
/* Forgets marks and cuts below the first segment. */
void redo_map_forget_below(struct redo_map *map);

/* ---- cuts ---- */
/* Notes a cut. The oldest one is forgotten when there are too many: then it is in forgotten_out, else
 * that has lsn 0. */
void redo_map_add_cut(struct redo_map *map, const struct redo_cut *cut,
                      struct redo_cut *forgotten_out);
/* Whether a record of the slot at `lsn` with `position` was voided later. */
bool redo_map_is_void(const struct redo_map *map, uint32_t slot, uint64_t lsn, uint64_t position);

#endif
