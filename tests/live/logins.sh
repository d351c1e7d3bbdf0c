#!/usr/bin/env bash
# logins.sh: accounts with both plugins log in over TCP and the unix socket, with TLS and without.
# The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
tool=${BUILD:-build}/server/tessera
work=$(mktemp -d)
passed=0 failed=0

finish() {
    "$tool" down --data "$work/one" >/dev/null 2>&1
    rm -rf "$work"
    printf '%d passed, %d failed\n' $passed $failed
    [ $failed = 0 ]
}
trap 'finish; exit $?' EXIT

# fact TEXT EXPECTED COMMAND...: what it prints contains EXPECTED.
fact() {
    local text=$1 expected=$2 output
    shift 2
    output=$(timeout 20 "$@" 2>&1)
    if grep -qF -- "$expected" <<<"$output"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s: %s\n' "$text" "$output" | head -n 5
    fi
}

fact "it starts" "serves MySQL clients" "$tool" up --embedded --data "$work/one" --port 0 --background
port=$("$tool" status --data "$work/one" | grep -o '127\.0\.0\.1:[0-9]*' | cut -d: -f2)
tcp=(mariadb --no-defaults -h 127.0.0.1 -P "$port" -N -B)
unix=(mariadb --no-defaults -S "$work/one/sql1/mysql.sock" -N -B)
who=(-e 'SELECT CURRENT_USER()')

fact "root over TCP" root@localhost "${tcp[@]}" -u root --skip-ssl "${who[@]}"
fact "root over TLS" root@localhost "${tcp[@]}" -u root --ssl "${who[@]}"
fact "root over the unix socket" root@localhost "${unix[@]}" -u root "${who[@]}"
fact "accounts are made" done "${tcp[@]}" -u root -e "
    CREATE USER ada@'%' IDENTIFIED BY 'lovelace';
    CREATE USER nat@localhost IDENTIFIED WITH mysql_native_password BY 'turner';
    SELECT 'done'"
# The first time walks the whole exchange (RSA in clear TCP), the second is answered from the cache.
for option in --skip-ssl --ssl; do
    for time in first second; do
        fact "caching_sha2_password, $option, the $time time" 'ada@%' "${tcp[@]}" -u ada -plovelace $option "${who[@]}"
    done
done
fact "mysql_native_password" nat@localhost "${tcp[@]}" -u nat -pturner "${who[@]}"
fact "a password over the unix socket" 'ada@%' "${unix[@]}" -u ada -plovelace "${who[@]}"
fact "TLS 1.3 is spoken" TLSv1.3 "${tcp[@]}" -u root --ssl -e "SHOW STATUS LIKE 'Ssl_version'"
fact "TLS 1.2 is spoken" TLSv1.2 "${tcp[@]}" -u root --ssl --tls-version=TLSv1.2 -e "SHOW STATUS LIKE 'Ssl_version'"
fact "a wrong password is refused" 'ERROR 1045 (28000)' "${tcp[@]}" -u ada -pbyron "${who[@]}"
fact "no password is refused" 'ERROR 1045 (28000)' "${tcp[@]}" -u ada "${who[@]}"
fact "a wrong native password is refused" 'ERROR 1045 (28000)' "${tcp[@]}" -u nat -pbyron "${who[@]}"
fact "an unknown user is refused alike" 'ERROR 1045 (28000)' "${tcp[@]}" -u nobody -pbyron "${who[@]}"
fact "an unknown database is refused" 'ERROR 1049 (42000)' "${tcp[@]}" -u root nosuch "${who[@]}"
fact "a changed password" done "${tcp[@]}" -u root -e "ALTER USER ada@'%' IDENTIFIED BY 'king'; SELECT 'done'"
fact "makes the old one void at once" 'ERROR 1045 (28000)' "${tcp[@]}" -u ada -plovelace "${who[@]}"
fact "and the new one good" 'ada@%' "${tcp[@]}" -u ada -pking "${who[@]}"
fact "compression" 1 "${tcp[@]}" -u root --compress -e 'SELECT 1'
"${tcp[@]}" -u root -e 'SELECT SLEEP(20) FROM information_schema.schemata' >"$work/killed" 2>&1 &
for ((i = 0; i < 50; i++)); do
    id=$("${tcp[@]}" -u root -e "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(20)%'" | head -n 1)
    [ -n "$id" ] && break
    sleep 0.1
done
fact "a running statement is killed" '' "${tcp[@]}" -u root -e "KILL QUERY ${id:-0}"
wait $!
fact "and its client told" 1317 cat "$work/killed"
