#!/usr/bin/env bash
# logins.sh: accounts with both plugins log in over TCP and the unix socket, with TLS and without.
# The last line is "N passed, N failed".
. "$(dirname "$(readlink -f "$0")")/lib/facts.sh"

starts one --embedded
port=${ports[0]}
tcp=(mariadb --no-defaults -h 127.0.0.1 -P "$port" -N -B)
unix=(mariadb --no-defaults -S "$work/one/sql1/mysql.sock" -N -B)
who=(-e 'SELECT CURRENT_USER()')

fact "root over TCP" prints root@localhost "${tcp[@]}" -u root --skip-ssl "${who[@]}"
fact "root over TLS" prints root@localhost "${tcp[@]}" -u root --ssl "${who[@]}"
fact "root over the unix socket" prints root@localhost "${unix[@]}" -u root "${who[@]}"
fact "accounts are made" prints done "${tcp[@]}" -u root -e "
    CREATE USER ada@'%' IDENTIFIED BY 'lovelace';
    CREATE USER nat@localhost IDENTIFIED WITH mysql_native_password BY 'turner';
    SELECT 'done'"
# The first time walks the whole exchange (RSA in clear TCP), the second is answered from the cache.
for option in --skip-ssl --ssl; do
    for time in first second; do
        fact "caching_sha2_password, $option, the $time time" prints 'ada@%' "${tcp[@]}" -u ada -plovelace $option "${who[@]}"
    done
done
fact "mysql_native_password" prints nat@localhost "${tcp[@]}" -u nat -pturner "${who[@]}"
fact "a password over the unix socket" prints 'ada@%' "${unix[@]}" -u ada -plovelace "${who[@]}"
fact "TLS 1.3 is spoken" prints TLSv1.3 "${tcp[@]}" -u root --ssl -e "SHOW STATUS LIKE 'Ssl_version'"
fact "TLS 1.2 is spoken" prints TLSv1.2 "${tcp[@]}" -u root --ssl --tls-version=TLSv1.2 -e "SHOW STATUS LIKE 'Ssl_version'"
fact "a wrong password is refused" prints 'ERROR 1045 (28000)' "${tcp[@]}" -u ada -pbyron "${who[@]}"
fact "no password is refused" prints 'ERROR 1045 (28000)' "${tcp[@]}" -u ada "${who[@]}"
fact "a wrong native password is refused" prints 'ERROR 1045 (28000)' "${tcp[@]}" -u nat -pbyron "${who[@]}"
fact "an unknown user is refused alike" prints 'ERROR 1045 (28000)' "${tcp[@]}" -u nobody -pbyron "${who[@]}"
fact "an unknown database is refused" prints 'ERROR 1049 (42000)' "${tcp[@]}" -u root nosuch "${who[@]}"
fact "a changed password" prints done "${tcp[@]}" -u root -e "ALTER USER ada@'%' IDENTIFIED BY 'king'; SELECT 'done'"
fact "makes the old one void at once" prints 'ERROR 1045 (28000)' "${tcp[@]}" -u ada -plovelace "${who[@]}"
fact "and the new one good" prints 'ada@%' "${tcp[@]}" -u ada -pking "${who[@]}"
fact "compression" prints 1 "${tcp[@]}" -u root --compress -e 'SELECT 1'
"${tcp[@]}" -u root -e 'SELECT SLEEP(20) FROM information_schema.schemata' >"$work/killed" 2>&1 &
for ((i = 0; i < 50; i++)); do
    id=$("${tcp[@]}" -u root -e "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(20)%'" | head -n 1)
    [ -n "$id" ] && break
    sleep 0.1
done
fact "a running statement is killed" "${tcp[@]}" -u root -e "KILL QUERY ${id:-0}"
wait $!
fact "and its client told" prints 1317 cat "$work/killed"
