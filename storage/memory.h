/* storage/memory.h: the memory of rows and indexes of one store, in cells named by 32-bit handles.
 *
 * One region, reserved by the caller (server/ maps it, sim/ takes a small one), is cut into pages
 * of 32 KiB. A page serves cells of one size class; what is larger than half a page gets pages in a
 * row. A page is not touched before its first cell is taken. One that has no taken cell any more goes back, but for one that
 * each class keeps until somebody needs it.
 *
 *   (M1) A handle is the offset in units of 16 bytes: handle -> pointer is one addition. 0 is no
 *        cell. Cells are aligned to 16 bytes, those of a power of two up to 64 to their size,
 *        nodes of 1024 to 64.
 *   (M2) A cell never moves.
 *   (M3) GROW requests are refused (FULL) when they would eat into the reserve; UNDO requests
 *        (deletes, roll back, apply on a replica) may use it all. Nothing but memory_take can
 *        fail.
 *   (M4) Free cells are poisoned in ASan builds, and the tail of a taken cell behind the asked
 *        size, too.
 */
#ifndef STORAGE_MEMORY_H
#define STORAGE_MEMORY_H

#include "base/arena.h"
#include "base/status.h"

#define MEMORY_UNIT_BYTES       16
#define MEMORY_PAGE_BYTES       32768
#define MEMORY_CLASS_MAX        64          /* size classes, see memory.c */
#define MEMORY_NONE             0           /* the handle of no cell */
#define MEMORY_CELL_BYTES_MAX   (64u << 20) /* of one take */
#define MEMORY_REGION_BYTES_MAX ((uint64_t)UINT32_MAX * MEMORY_UNIT_BYTES)

enum memory_need { MEMORY_GROW, MEMORY_UNDO }; /* (M3) */

struct memory_page;

struct memory {
    uint8_t *base;             /* of the region, aligned to a page */
    struct memory_page *pages; /* table of pages, at the region's start */
    uint64_t *free_words;      /* a bit for each page that is free */
    uint32_t page_count;       /* all, the table's own included */
    uint32_t page_free_count;
    uint32_t
        page_empty_count;    /* of classes' pages: one without a taken cell is kept by each class */
    uint32_t page_free_hint; /* no page below it is free */
    uint32_t page_top; /* pages from here on were never used: their entries are not yet valid */
    uint32_t reserve_page_count;
    uint32_t partial[MEMORY_CLASS_MAX]; /* by class: first page with a free cell, 0: none */
    uint64_t used_bytes;                /* of cells taken, rounded to their class */
    uint64_t cell_count;                /* cells taken */
};

/* `region` is aligned to MEMORY_PAGE_BYTES and zeroed or never touched; bytes beyond
 * MEMORY_REGION_BYTES_MAX are not used. INVALID when it is smaller than 16 pages. `reserve_percent`
 * of the pages are the reserve (M3). */
MUST_USE enum status memory_open(struct memory *memory, void *region, uint64_t region_bytes,
                                 uint32_t reserve_percent);
/* Forgets all cells. The region is the caller's again; in ASan builds nothing of it is poisoned. */
void memory_close(struct memory *memory);

/* A cell of at least `size` bytes (1 to MEMORY_CELL_BYTES_MAX), not zeroed. FULL: (M3); TOO_LARGE.
 */
MUST_USE enum status memory_take(struct memory *memory, size_t size, enum memory_need need,
                                 uint32_t *handle_out);
/* `size` is what was asked for: half of a pair of checks. */
void memory_give(struct memory *memory, uint32_t handle, size_t size);

/* Of a handle, or of handle + n for the n-th unit inside a cell. */
static inline void *memory_at(const struct memory *memory, uint32_t handle) {
    return memory->base + (size_t)handle * MEMORY_UNIT_BYTES;
}
static inline uint32_t memory_units(size_t bytes) {
    return (uint32_t)((bytes + MEMORY_UNIT_BYTES - 1) / MEMORY_UNIT_BYTES);
}
/* Bytes that memory_take(size) really takes. */
size_t memory_class_bytes(size_t size);

/* Whether `page_count` more pages could be taken with that need: for who must know before it
 * begins. */
bool memory_has_pages(const struct memory *memory, uint32_t page_count, enum memory_need need);
/* Pages in use, their free cells included. */
uint64_t memory_page_bytes_used(const struct memory *memory);

#endif
