/* server/spill.h: sql/spill.h on unlinked files of the data directory. */
#ifndef SERVER_SPILL_H
#define SERVER_SPILL_H

#include "sql/sql.h"

/* The directory's name is borrowed. */
struct spill_files *spill_files_open(const char *directory);
void spill_files_close(struct spill_files *files);

#endif
