/* as base/bytes.c: errno library */
#include <errno.h>
int bytes_error(void) { return errno; }
