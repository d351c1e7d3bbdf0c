/* as sim/checker.c: private */
#include "row/value.h"
#include "storage/inspect.h"
#include "storage/redo.h"
#include "storage/storage.h"
