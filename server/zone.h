/* server/zone.h: the system's time zones, as files of the TZif format. */
#ifndef SERVER_ZONE_H
#define SERVER_ZONE_H

#include "base/arena.h"
#include "base/status.h"

/* The bytes of a zone by name ("Europe/Berlin"; "SYSTEM": of this machine) in the arena. NOT_FOUND.
 * The shape is that of sql_server_options; `context` is not used. */
MUST_USE enum status zone_read(void *context, struct slice name, struct arena *arena,
                               struct slice *bytes_out);

#endif
