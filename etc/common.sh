# shellcheck shell=bash
# common.sh: what ./quickstart and ./runtests share. Sourced by bash, from the root of the tree.

say() { printf '== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# packages_missing LIST...: the packages of the lists that dpkg does not have, one a line.
packages_missing() {
    local package
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | sort -u | while read -r package; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            printf '%s\n' "$package"
    done
}

# packages_install LIST...: touches neither the network nor root when nothing is missing.
packages_install() {
    local missing=() root=()
    if ! command -v dpkg-query >/dev/null; then
        say "no dpkg here: install what $* name by hand"
        return
    fi
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "install these as root, then run me again: ${missing[*]}"
        root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${root[@]}" apt-get update -q || say "apt-get update failed; trying with the lists that are here"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}" || die "could not install: ${missing[*]}"
}

# build_setup DIR COMPILER [MESON OPTION]...: makes DIR, or gives it these options if it is there.
build_setup() {
    local dir=$1 compiler=$2 stamp=$1/.options
    shift 2
    if command -v ccache >/dev/null; then compiler="ccache $compiler"; fi
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$compiler $*" ]; then return 0; fi
    if ! { [ -f "$stamp" ] && [[ $(cat "$stamp") = "$compiler "* ]] &&
        meson configure "$dir" "$@" >/dev/null 2>&1; }; then
        rm -rf "$dir"
        CC="$compiler" meson setup "$dir" "$@" >/dev/null || {
            tail -n 40 "$dir/meson-logs/meson-log.txt" >&2
            die "meson setup $dir failed"
        }
    fi
    printf '%s\n' "$compiler $*" >"$stamp"
}
