/* as storage/redo.c: arrow arrow root root */
#include "storage/storage.h"
#include "wire/step.h"
#include "sql/sql.h"
#include "server/server.h"
#include "redo.h"
#include "nowhere/x.h"
