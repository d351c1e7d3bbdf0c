#!/usr/bin/env bash
# tools.sh: the command-line tools that come with a MySQL client, each against a real daemon: mysql, mysqladmin, mysqldump,
# mysqlimport, mysqlshow, mysqlslap, mysqlcheck. Prints one line a failed fact; the last line is "N passed, N failed".
. "$(dirname "$(readlink -f "$0")")/lib/facts.sh"

starts data --embedded
port=${ports[0]}
at=(--no-defaults -h 127.0.0.1 -P "$port" -u root)
run() { mysql "${at[@]}" --default-character-set=utf8mb4 "$@"; }
sql() { run -N -B "$@"; }
gives() { is "$1" sql -e "$2" ${3:+"$3"}; } # gives EXPECTED SQL [DATABASE]

# ---- mysql ----

fact "status tells the server" says '^Server version:.*8\.4' run -e status
fact "\\s shows the protocol and the character sets" says '^Client characterset:.*utf8mb4' run -e '\s'
fact "names are read for completion" says '^1$' sh -c "echo 'use mysql
select 1;' | mysql ${at[*]} --auto-rehash -N -B"
fact "a batch separates by tabs and escapes" says '^a\\tb\\n	NULL$' run -B -N -e "SELECT 'a\tb\n', NULL"
fact "a table has its borders" says '^\| *1 \|$' run --table -e 'SELECT 1'
fact "vertical output" says '^one: 1$' run -E -e 'SELECT 1 AS one'
fact "XML output" says '<field name="one">1</field>' run --xml -e 'SELECT 1 AS one'
printf 'CREATE DATABASE tools;\nUSE tools;\nCREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20));\nINSERT INTO t VALUES (1, "one");\n' >"$work/source.sql"
fact "source runs a file" run -e "source $work/source.sql"
fact "what it made is there" gives $'1\tone' 'SELECT * FROM t' tools
fact "warnings are shown" says '^Warning \(Code 1292\)' run --show-warnings -e "SELECT CAST('x' AS SIGNED)"
fact "an error has its number and state" refuses '^ERROR 1146 \(42S02\)' run -e 'SELECT * FROM tools.nowhere'
fact "comments and delimiters" says '^2$' run -N -B -e 'delimiter //
SELECT /* one */ 2 //'
fact "safe updates" refuses 'ERROR 1175' run --safe-updates -e 'UPDATE tools.t SET b = 1'
fact "init-command and a compressed connection" says '^7$' run --compress --init-command='SET @x = 7' -N -e 'SELECT @x'

fact "the sample of ./quickstart is loaded" run -e 'source etc/sample.sql'
fact "and is what it was" gives $'10\t8\t200\t500' \
    'SELECT (SELECT COUNT(*) FROM customers), (SELECT COUNT(*) FROM products), (SELECT COUNT(*) FROM orders), COUNT(*) FROM order_lines' sample

# ---- mysqladmin ----

fact "ping" says 'is alive' mysqladmin "${at[@]}" ping
fact "status" says '^Uptime: [0-9]+  Threads: [0-9]+  Questions: [0-9]+' mysqladmin "${at[@]}" status
fact "version" says '^Server version' mysqladmin "${at[@]}" version
fact "processlist" says 'root.*localhost' mysqladmin "${at[@]}" processlist
fact "extended-status" says 'Threads_connected' mysqladmin "${at[@]}" extended-status
fact "variables" says 'max_connections' mysqladmin "${at[@]}" variables
fact "create" mysqladmin "${at[@]}" create made
fact "drop" mysqladmin "${at[@]}" --force drop made
fact "flush-tables, flush-logs, flush-hosts, flush-status, flush-privileges" \
    mysqladmin "${at[@]}" flush-tables flush-logs flush-hosts flush-status flush-privileges
fact "reload and refresh" mysqladmin "${at[@]}" reload refresh
sql -e 'SELECT SLEEP(60)' >/dev/null 2>&1 &
sleeper=$!
sleep 0.5
victim=$(sql -e "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%' AND id <> CONNECTION_ID()")
fact "kill" mysqladmin "${at[@]}" kill "${victim:-0}"
wait $sleeper
sql -e "CREATE USER clerk@localhost IDENTIFIED BY 'old'; GRANT ALL ON *.* TO clerk@localhost" 2>&1
clerk=(--no-defaults -h 127.0.0.1 -P "$port" -u clerk)
# MariaDB's mysqladmin sends a statement that MySQL does not know; MySQL's sends this one.
fact "password" mysql "${clerk[@]}" -pold -e "ALTER USER USER() IDENTIFIED BY 'new'"
fact "the new one counts" says 'is alive' mysqladmin "${clerk[@]}" -pnew ping
fact "the old one does not" refuses 'Access denied' mysql "${clerk[@]}" -pold -e 'SELECT 1'

# ---- mysqlshow, mysqlcheck, mysqlslap ----

fact "databases" says '^\| tools ' mysqlshow "${at[@]}"
fact "tables" says '^\| t ' mysqlshow "${at[@]}" tools
fact "columns" says '^\| b .*varchar\(20\)' mysqlshow "${at[@]}" tools t
fact "tables with their counts" says '^\| t ' mysqlshow "${at[@]}" --count tools
fact "keys and the status of tables" says 'PRIMARY' mysqlshow "${at[@]}" -k tools t
fact "tables with their status" says 'InnoDB' mysqlshow "${at[@]}" -i tools
fact "check" says '^tools\.t +OK$' mysqlcheck "${at[@]}" tools
fact "analyze" says '^tools\.t' mysqlcheck "${at[@]}" --analyze tools
fact "optimize" says '^tools\.t' mysqlcheck "${at[@]}" --optimize tools
fact "slap" says 'Average number of seconds' mysqlslap "${at[@]}" --concurrency=4 --iterations=2 \
    --auto-generate-sql --auto-generate-sql-load-type=mixed --number-of-queries=100

# ---- LOAD DATA LOCAL, mysqlimport ----

seq 1 100000 | awk '{ printf "%d,\"row %d\",%d\n", $1, $1, $1 % 7 }' >"$work/numbers.csv"
sql tools -e 'CREATE TABLE numbers (id INT PRIMARY KEY, name VARCHAR(40), rest INT, twice INT, KEY (rest))'
load="LOAD DATA LOCAL INFILE '$work/numbers.csv' INTO TABLE numbers FIELDS TERMINATED BY ',' ENCLOSED BY '\"' (id, name, @r) SET rest = @r, twice = id * 2"
fact "files of clients are refused by default" refuses 'ERROR (3948|1148|4166)' run --local-infile=1 tools -e "$load"
sql -e 'SET GLOBAL local_infile = ON'
fact "a client that does not offer files is told so" refuses 'ERROR (3948|1148|2000|4166)' run --local-infile=0 tools -e "$load"
fact "100,000 rows are loaded" says '^Records: 100000  Deleted: 0  Skipped: 0  Warnings: 0$' run --local-infile=1 -vvv tools -e "$load"
fact "all of them" gives $'100000\t5000050000\t10000100000\t300000' \
    'SELECT COUNT(*), SUM(id), SUM(twice), SUM(rest) FROM numbers WHERE name = CONCAT("row ", id)' tools
fact "again: all are skipped, each with a warning" says '^Records: 100000  Deleted: 0  Skipped: 100000  Warnings: 100000$' \
    run --local-infile=1 -vvv tools -e "$load"
printf 'head\n1;x\\ty;\\N\n2;"quoted; ""twice""";5;more\n\n3\n' >"$work/odd.txt"
sql tools -e 'CREATE TABLE odd (a INT PRIMARY KEY, b VARCHAR(40), c INT DEFAULT 9)'
fact "escapes, quotes, NULL, short and long lines, skipped lines" says '^Records: 4 ' run --local-infile=1 -vvv tools -e \
    "LOAD DATA LOCAL INFILE '$work/odd.txt' REPLACE INTO TABLE odd FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '\"' IGNORE 1 LINES"
fact "read as they were meant" gives $'0\tNULL\t9\n1\tx\\ty\tNULL\n2\tquoted; "twice"\t5\n3\tNULL\t9' 'SELECT * FROM odd ORDER BY a' tools
printf '7,70,\n8,80,x\n' >"$work/ends.txt"
sql tools -e 'CREATE TABLE ends (a INT, b INT)'
fact "a line that ends with a field's terminator is not too long" says '^Records: 2  Deleted: 0  Skipped: 0  Warnings: 1$' \
    run --local-infile=1 -vvv tools -e "LOAD DATA LOCAL INFILE '$work/ends.txt' INTO TABLE ends FIELDS TERMINATED BY ','"
printf '\xe9t\xe9\n' >"$work/latin.txt"
sql tools -e 'CREATE TABLE latin (a VARCHAR(10))'
fact "CHARACTER SET latin1" run --local-infile=1 tools -e "LOAD DATA LOCAL INFILE '$work/latin.txt' INTO TABLE latin CHARACTER SET latin1"
fact "is converted" gives 'été' 'SELECT a FROM latin' tools
printf '4\tfour\n5\tfive\n' >"$work/t.txt"
fact "mysqlimport" says 'tools\.t: Records: 2  Deleted: 0  Skipped: 0  Warnings: 0' mysqlimport "${at[@]}" --local tools "$work/t.txt"
printf '4\tfour again\n5\tfive again\n' >"$work/t.txt"
fact "mysqlimport --replace --lock-tables" says 'tools\.t: Records: 2  Deleted: 2' \
    mysqlimport "${at[@]}" --local --replace --lock-tables tools "$work/t.txt"

# ---- session tracking ----

# shellcheck disable=SC2046
cc -o "$work/track" tests/live/programs/track.c $(mariadb_config --cflags --libs) || exit 1
fact "the database and variables" says '0=time_zone 0=.01:00 2=1' "$work/track" "$port" \
    'SET session_track_state_change=1' "SET time_zone='+01:00'"
fact "the state of the transaction" says '^INSERT INTO tools.t VALUES \(9, NULL\): .*5=T___W___' "$work/track" "$port" \
    "SET session_track_transaction_info='STATE'" BEGIN 'INSERT INTO tools.t VALUES (9, NULL)' ROLLBACK
fact "and its characteristics" says '^START TRANSACTION READ ONLY: 4=START TRANSACTION READ ONLY; 5=T' "$work/track" "$port" \
    "SET session_track_transaction_info='CHARACTERISTICS'" 'START TRANSACTION READ ONLY' COMMIT

# ---- mysqldump ----

sql tools -e 'CREATE TABLE kinds (id INT AUTO_INCREMENT PRIMARY KEY, b BLOB, d DECIMAL(10,3), t TIMESTAMP NULL, j JSON, e ENUM("x","y")); INSERT INTO kinds VALUES (1, 0x00FF27, 1.5, "2024-02-29 12:00:00", "{}", "y"), (7, NULL, NULL, NULL, NULL, NULL)'
dumps() { # dumps OPTION...: the dump restores to the same rows
    mysqldump "${at[@]}" "$@" tools >"$work/dump.sql" 2>"$work/said" || { cat "$work/said"; return 1; }
    [ -s "$work/said" ] && cat "$work/said"
    sql -e 'DROP DATABASE IF EXISTS copy; CREATE DATABASE copy' || return 1
    run copy <"$work/dump.sql" || return 1
    local table ours theirs
    for table in t odd kinds numbers latin; do
        ours=$(sql tools -e "SELECT * FROM $table ORDER BY 1" | md5sum)
        theirs=$(sql copy -e "SELECT * FROM $table ORDER BY 1" | md5sum)
        [ "$ours" = "$theirs" ] || { echo "$table differs"; return 1; }
    done
}
fact "a dump in one transaction is restored" dumps --single-transaction
fact "a dump under table locks is restored" dumps
fact "a dump with all options is restored" dumps --single-transaction --routines --triggers --events --hex-blob --complete-insert
fact "a dump under a global read lock" dumps --lock-all-tables
fact "a dump of all databases" mysqldump "${at[@]}" --no-data --all-databases
