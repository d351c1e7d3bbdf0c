/* sql/dml.h: INSERT, REPLACE, UPDATE and DELETE over an execution.
 */
#ifndef SQL_DML_H
#define SQL_DML_H

#include "sql/exec_private.h"

MUST_USE enum status dml_insert(struct execution *execution, struct exec_result *result);
MUST_USE enum status dml_modify(struct execution *execution, struct exec_result *result);

#endif
