#!/usr/bin/env bash
# full.sh: memory that is used up. Who needs more is told 1114, everybody else is served, and nothing is lost.
. "$(dirname "$(readlink -f "$0")")/lib/facts.sh"

sql() { timeout 60 mysql --no-defaults -h 127.0.0.1 -P "${ports[0]}" -u root -N -B -e "$*" d; }
fills() {
    local i
    for ((i = 0; i < 60; i++)); do
        sql 'INSERT INTO t (b, c) SELECT CONCAT(RAND(), REPEAT("x", 60)), a FROM t LIMIT 60000' || return
    done
}
# within SECONDS COMMAND...
within() {
    local until=$((SECONDS + $1))
    "${@:2}" || return
    [ $SECONDS -le $until ]
}
frees() { # the collector works behind DELETE
    local i
    for ((i = 0; i < 50; i++)); do
        sql 'INSERT INTO t (b) VALUES ("again")' && return
        sleep 0.1
    done
    return 1
}

starts one --embedded --memory 128M
mysql --no-defaults -h 127.0.0.1 -P "${ports[0]}" -u root -e 'CREATE DATABASE d'
sql 'CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(100), c INT); INSERT INTO t (b) VALUES ("first")'
fact "rows that find no memory are refused" refuses 'ERROR 1114' fills
count=$(sql 'SELECT COUNT(*) FROM t')
fact "readers are served" is first sql 'SELECT b FROM t WHERE a = 1'
fact "an index that does not fit is refused, and nobody waits for it" within 20 refuses 'ERROR 1114' sql 'CREATE INDEX wide ON t (b)'
fact "it leaves nothing behind" refuses 'ERROR 1176' sql 'SELECT COUNT(*) FROM t FORCE INDEX (wide)'
fact "what is deleted makes room" sql 'DELETE FROM t WHERE a > 1 AND a < 50000'
fact "for rows" frees
rest=$(sql 'SELECT COUNT(*) FROM t')
fact "rows went, and one came" test "$rest" -lt "$count"
fact "the node ends" "$tool" kill sql1 --data "$work/one"
fact "and comes back in the same memory" "$tool" start sql1 --data "$work/one"
fact "with its rows" is "$rest" sql 'SELECT COUNT(*) FROM t'
