# facts.sh: what live tests written for the shell share; a test sources it first.
#
# A test states facts: `fact TEXT COMMAND...` counts one, and shows the output of a command that failed. Everything a test
# writes is in $work, where every cluster is a directory; when the test ends, the clusters are ended, $work is
# removed and "N passed, N failed" is the last line.
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." || exit 1
tool=${BUILD:-build}/server/tessera
work=$(mktemp -d)
passed=0 failed=0

finish() {
    local directory
    for directory in "$work"/*/; do
        [ -f "$directory/cluster.conf" ] && "$tool" down --data "$directory" >/dev/null 2>&1
    done
    rm -rf "$work"
    printf '%d passed, %d failed\n' $passed $failed
    [ $failed = 0 ]
}
trap 'finish; exit $?' EXIT

# fact TEXT COMMAND...: the command succeeds.
fact() {
    local text=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$text"
        sed 's/^/    /' "$work/output" | tail -n 20
    fi
}
not() { ! "$@"; }

# says PATTERN COMMAND...: succeeds, and its output has a line with the pattern.
says() {
    local pattern=$1
    shift
    "$@" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
    grep -qE -- "$pattern" "$work/said" || { cat "$work/said"; return 1; }
}
# refuses PATTERN COMMAND...: fails, and says so.
refuses() {
    local pattern=$1
    shift
    if "$@" >"$work/said" 2>&1; then cat "$work/said"; return 1; fi
    grep -qE -- "$pattern" "$work/said" || { cat "$work/said"; return 1; }
}
# prints TEXT COMMAND...: its output contains the text, however it ends.
prints() {
    local text=$1
    shift
    timeout 20 "$@" >"$work/said" 2>&1
    grep -qF -- "$text" "$work/said" || { cat "$work/said"; return 1; }
}
# is TEXT COMMAND...: prints the text and nothing else.
is() {
    local got
    got=$("${@:2}" 2>&1)
    [ "$got" = "$1" ] || { printf 'got: %s\n' "$got"; return 1; }
}

# starts DIRECTORY OPTION...: a new cluster in $work/DIRECTORY; without one there is no test. Its ports are in $ports.
starts() {
    local directory=$work/$1
    shift
    "$tool" up --background --port 0 --data "$directory" "$@" >"$work/up" 2>&1 || { cat "$work/up"; exit 1; }
    mapfile -t ports < <(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/up")
}
