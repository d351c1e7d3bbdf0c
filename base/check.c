/* check.c: the last words of a process whose invariant broke.
 *
 * The state is not trustworthy any more, so nothing is allocated, flushed or released here: one
 * line to stderr, then abort, which leaves a core file. The redo log, not an exit handler, is what
 * saves data.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *fact, const char *file, int line) {
    fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, fact);
    abort();
}
