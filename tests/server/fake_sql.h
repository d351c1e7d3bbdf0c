/* tests/server/fake_sql.h: sql/ and cluster/ in a few lines, so that server/ can be tested alone.
 *
 * Sessions answer "SELECT 1" with one row, "SLEEP" after 20 ms, "ROWS" with 100,000 rows, and
 * everything else with an error. Accounts: root without a password, ada with "lovelace" (both
 * plugins: ada, ada_native). */
#ifndef TESTS_SERVER_FAKE_SQL_H
#define TESTS_SERVER_FAKE_SQL_H

#include "sql/sql.h"

struct cluster *fake_cluster_open(void);
void fake_cluster_close(struct cluster *cluster);

#endif
