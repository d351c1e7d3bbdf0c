/* as storage/redo.h: must-use must-use must-use */
enum status redo_append(struct redo *redo);
MUST_USE enum status redo_open(struct redo *redo);
const enum status *redo_states(void);
static inline enum status redo_close(struct redo *redo) { return redo_sync(redo); }
MUST_USE static inline enum status redo_sync(struct redo *redo) { return redo->status; }
REDO_DEFINE(redo, REDO_FIELDS)
extern enum status
redo_trim(struct redo *redo, uint64_t lsn);
struct redo_calls {
    enum status (*append)(struct redo *redo);
};
