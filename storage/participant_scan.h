/* storage/participant_scan.h: the rows of a READ's or CHANGE's positions, one after the other, locked if asked.
 *
 *   (PS1) A scan goes on from `resume` and leaves one behind: | u32 position | entry key behind which to go on |.
 *   (PS2) It stops before what it must wait for, and before more than a step's rows; what is done stays done.
 */
#ifndef STORAGE_PARTICIPANT_SCAN_H
#define STORAGE_PARTICIPANT_SCAN_H

#include "storage/participant_private.h"

enum scan_stop {
    SCAN_STOP_NONE,    /* goes on */
    SCAN_STOP_END,     /* all positions are done */
    SCAN_STOP_FULL,    /* a limit of this step or answer: more from resume on */
    SCAN_STOP_LIMIT,   /* the row limit: nothing more is wanted */
    SCAN_STOP_LOCK,    /* the row behind resume is locked: the lock request is queued */
    SCAN_STOP_OUTCOME, /* the row behind resume is prepared by `waits_for` */
    SCAN_STOP_FAILED,  /* `status` */
};

struct position_scan {
    struct run *run;
    struct table *table;
    uint32_t ordinal; /* of the index */
    enum lock_mode lock_mode;
    uint8_t wait_policy, position_kind, flags;
    uint32_t lock_wait_ms;
    uint32_t row_limit; /* accepted rows; 0: none */
    struct version_view view;
    struct slice positions;
    struct program_run *program_run; /* NULL: no program */
    bool has_filter;

    /* the work on an accepted row: READ gives, CHANGE writes; may stop */
    enum scan_stop (*accept)(struct position_scan *scan, struct slice key, struct slice row);
    void *context;

    uint32_t position;    /* ordinal of the point or range at hand */
    struct buffer entry;  /* entry key behind which to go on in it; empty: from its begin */
    struct reader reader; /* of positions, behind the one at hand */
    uint32_t accepted, examined;
    bool has_progress; /* something was passed since the scan began */
    bool is_whole;     /* waits for a lock even so: its work is undone and done again (P4) */
    uint32_t waits_for;
    enum status status;
    uint32_t error_detail;
};

/* Opens program and parameters: OK, CORRUPT, INVALID. */
MUST_USE enum status position_scan_program(struct position_scan *scan, struct slice program,
                                           struct slice parameters,
                                           const struct program **program_out);
/* Begins at `resume` (PS1): CORRUPT when it is none. */
MUST_USE enum status position_scan_open(struct position_scan *scan, struct slice resume);
/* Runs until it stops. */
enum scan_stop position_scan_run(struct position_scan *scan);
/* Where it stopped, in the effects' arena (PS1). */
struct slice position_scan_resume(const struct position_scan *scan);

#endif
