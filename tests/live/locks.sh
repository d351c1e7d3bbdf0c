#!/usr/bin/env bash
# locks.sh: LOCK TABLES and FLUSH TABLES WITH READ LOCK between two SQL daemons, and when one of them dies with its locks.
# Prints one line a failed fact; the last line is "N passed, N failed".
. "$(dirname "$(readlink -f "$0")")/lib/facts.sh"

sql() { timeout 60 mysql --no-defaults -h 127.0.0.1 -P "$1" -u root -N -B d -e "$2"; }
gives() { is "$1" sql "$2" "$3"; }            # gives EXPECTED PORT SQL
fails() { refuses "ERROR $1 " sql "$2" "$3"; } # fails NUMBER PORT SQL
# holds PORT SECONDS SQL: a session that runs it and then stays for a while.
holds() {
    sql "$1" "$3; SELECT SLEEP($2)" >/dev/null 2>&1 &
    sleep 1
}

starts pool --sql 2
one=${ports[0]} two=${ports[1]}
mysql --no-defaults -h 127.0.0.1 -P "$one" -u root -e 'CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (1)'

holds "$one" 4 'LOCK TABLES t WRITE; INSERT INTO t VALUES (2)'
fact "a write lock keeps the other daemon's readers out" fails 1205 "$two" 'SET lock_wait_timeout = 1; SELECT * FROM t'
fact "and its writers" fails 1205 "$two" 'SET lock_wait_timeout = 1; INSERT INTO t VALUES (3)'
fact "who waits long enough gets in when the session ends" gives 2 "$two" 'SELECT COUNT(*) FROM t'
wait

holds "$one" 4 'LOCK TABLES t READ'
fact "a read lock lets the other daemon read" gives 2 "$two" 'SELECT COUNT(*) FROM t'
fact "but not write" fails 1205 "$two" 'SET lock_wait_timeout = 1; DELETE FROM t'
fact "nor change the table" fails 1205 "$two" 'SET lock_wait_timeout = 1; ALTER TABLE t ADD COLUMN b INT'
wait

sql "$two" 'BEGIN; INSERT INTO t VALUES (4); SELECT SLEEP(3); COMMIT' >/dev/null 2>&1 &
sleep 1
holds "$one" 4 'FLUSH TABLES WITH READ LOCK; CREATE TABLE IF NOT EXISTS never (a INT)'
fact "what is not committed is not seen" gives 2 "$one" 'SELECT COUNT(*) FROM t'
fact "a dump's preamble" gives 2 "$one" 'FLUSH TABLES WITH READ LOCK; START TRANSACTION WITH CONSISTENT SNAPSHOT; UNLOCK TABLES; SELECT COUNT(*) FROM t; COMMIT'
wait
fact "it is committed when the lock is gone" gives 3 "$one" 'SELECT COUNT(*) FROM t'

holds "$one" 60 'LOCK TABLES t WRITE'
"$tool" kill sql1 --data "$work/pool" >/dev/null
fact "locks die with their daemon" gives 3 "$two" 'SELECT COUNT(*) FROM t'
fact "and may be taken anew" sql "$two" 'LOCK TABLES t WRITE; INSERT INTO t VALUES (5); UNLOCK TABLES'
"$tool" start sql1 --data "$work/pool" >/dev/null
fact "the daemon that comes back has none" gives 4 "$one" 'SELECT COUNT(*) FROM t'
