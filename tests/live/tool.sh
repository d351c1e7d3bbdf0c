#!/usr/bin/env bash
# tool.sh: `tessera` against real daemons: up, status, kill, start, pause, resume, down, and what is refused.
# Prints one line a fact; the last line is "N passed, N failed".
. "$(dirname "$(readlink -f "$0")")/lib/facts.sh"

# state NODE [DIR]: as `status --json` has it.
state() {
    "$tool" status --json --data "${2:-$work/pool}" | python3 -c '
import json, sys
print(next(n["state"] for n in json.load(sys.stdin)["nodes"] if n["name"] == sys.argv[1]))' "$1"
}
port() {
    "$tool" status --json --data "${2:-$work/pool}" | python3 -c '
import json, sys
print(next(n["address"].rsplit(":", 1)[1] for n in json.load(sys.stdin)["nodes"] if n["name"] == sys.argv[1]))' "$1"
}
becomes() {
    local i
    for ((i = 0; i < 50; i++)); do
        [ "$(state "$2")" = "$1" ] && return
        sleep 0.1
    done
    return 1
}
selects_one() {
    [ "$(timeout 10 mariadb --no-defaults -h 127.0.0.1 -P "$1" -u root -N -B -e 'SELECT 1')" = 1 ]
}
# milliseconds LIMIT COMMAND...
milliseconds() {
    local limit=$1 from
    shift
    from=$(date +%s%N)
    "$@" || return 1
    [ $((($(date +%s%N) - from) / 1000000)) -lt "$limit" ]
}

fact "a new pool serves within 3 s" milliseconds 3000 "$tool" up --data "$work/pool" --port 0 --background
for node in meta1 store1 store2 sql1; do
    fact "$node serves" test "$(state $node)" = serving
done
fact "a client is served over TCP" selects_one "$(port sql1)"
fact "a second up says that it runs" prints "running already" "$tool" up --data "$work/pool" --background
fact "a second up succeeds" "$tool" up --data "$work/pool" --background
fact "pid is that of a process" kill -0 "$("$tool" pid store1 --data "$work/pool")"

fact "a node is killed" "$tool" kill store2 --data "$work/pool"
fact "and is down" test "$(state store2)" = down
fact "a killed node has no pid" not "$tool" pid store2 --data "$work/pool"
fact "the service goes on" selects_one "$(port sql1)"
fact "start brings it back" "$tool" start store2 --data "$work/pool"
fact "it serves when start returns" test "$(state store2)" = serving
fact "starting it again changes nothing" prints "running already" "$tool" start store2 --data "$work/pool"
fact "the SQL daemon is killed" "$tool" kill sql1 --data "$work/pool"
fact "and comes back on its port" "$tool" start sql1 --data "$work/pool"
fact "and serves" selects_one "$(port sql1)"
fact "meta is killed" "$tool" kill meta1 --data "$work/pool"
fact "clients go on without meta" selects_one "$(port sql1)"
fact "meta comes back" "$tool" start meta1 --data "$work/pool"
fact "a node is paused" "$tool" pause store1 --data "$work/pool"
fact "and is shown as paused" test "$(state store1)" = paused
fact "and resumed" "$tool" resume store1 --data "$work/pool"
fact "and serves again" becomes serving store1

fact "an unknown node is refused" not "$tool" kill store9 --data "$work/pool"
fact "an unknown option is refused" not "$tool" up --bogus
fact "an unknown command is refused" not "$tool" bogus
fact "two meta daemons are refused" prints etcd "$tool" up --meta 2 --data "$work/none"
fact "other options for the same directory are refused" \
    not "$tool" up --data "$work/pool" --storage 3 --background
fact "a taken port is named" prints "$(port sql1)" \
    "$tool" up --data "$work/taken" --port "$(port sql1)" --background
fact "and leaves nothing behind" test ! -e "$work/taken"

fact "down ends it" "$tool" down --data "$work/pool"
fact "no daemon is left" not pgrep -f "data=$work/pool"
fact "down again changes nothing" "$tool" down --data "$work/pool"
fact "up starts from the data" "$tool" up --data "$work/pool" --background
fact "and serves" selects_one "$(port sql1)"
kill -9 $(for node in meta1 store1 store2 sql1; do "$tool" pid $node --data "$work/pool"; done)
sleep 0.2
fact "up starts after everything was killed" "$tool" up --data "$work/pool" --background
fact "and serves" selects_one "$(port sql1)"

fact "an embedded node serves within 1 s" \
    milliseconds 1000 "$tool" up --embedded --data "$work/one" --port 0 --background
fact "and is one process" test "$(pgrep -fc "data=$work/one")" = 1
fact "and serves clients" selects_one "$(port sql1 "$work/one")"
for command in up down status kill start pause resume pid; do
    fact "$command has a help" prints "tessera $command" "$tool" $command --help
done
