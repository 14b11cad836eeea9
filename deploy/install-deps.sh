#!/bin/sh
# Checks what building and running Sverka needs, and installs the PostgreSQL server programs when they are missing.
# Only programs: no system-wide cluster is created or started. Run by `make deps`.
set -eu

OLDEST=14

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

check_cargo() {
    have cargo && return 0
    say "cargo (Rust 1.94 or later) was not found. Get it with:"
    say "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    say "then open a new shell, or type: . \"\$HOME/.cargo/env\""
    return 1
}

check_compiler() {
    have cc && return 0
    say "A C compiler was not found (cc, for linking and one dependency). Type:"
    say "    Debian, Ubuntu:  apt-get install build-essential"
    say "    Fedora, RHEL:    dnf install gcc"
    say "    Arch:            pacman -S base-devel"
    say "    macOS:           xcode-select --install"
    return 1
}

# Prints the major version of the server programs in a folder; fails when they are not both there.
major_in() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    "$1/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p' | head -n 1
}

usable() {
    major=$(major_in "$1") && [ -n "$major" ] && [ "$major" -ge "$OLDEST" ]
}

# The folders that Sverka itself looks in.
have_postgres() {
    old_ifs=$IFS
    IFS=:
    for dir in $PATH; do
        IFS=$old_ifs
        usable "$dir" && return 0
    done
    IFS=$old_ifs
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/lib/postgresql*/bin /usr/libexec/postgresql* \
        /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin /usr/local/bin /usr/bin; do
        usable "$dir" && return 0
    done
    return 1
}

say_how_to_install() {
    say "The PostgreSQL server programs (initdb, postgres; version $OLDEST or later) were not found. Type:"
    say "    Debian, Ubuntu:  sudo apt-get install postgresql"
    say "    Fedora, RHEL:    sudo dnf install postgresql-server"
    say "    Arch:            sudo pacman -S postgresql"
    say "    macOS:           brew install postgresql@17"
    say "and then the same command again."
}

# Runs a command as root, if we may without being asked for a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_be_root() {
    [ "$(id -u)" -eq 0 ] || { have sudo && sudo -n true 2>/dev/null; }
}

# Debian's package creates and starts a cluster named main as soon as it is installed, unless this file, which
# postgresql-common reads, forbids it. It is there only while we install: what the admin installs later is the admin's.
NO_MAIN=/etc/postgresql-common/createcluster.d/sverka-installs.conf

forbid_main_cluster() {
    as_root mkdir -p "${NO_MAIN%/*}" && as_root sh -c "echo 'create_main_cluster = false' > '$NO_MAIN'"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install --yes --no-install-recommends "$@"
}

install_with_apt() {
    say "Installing the PostgreSQL server programs with apt-get ..."
    apt_install postgresql-common >&2 || { as_root apt-get update >&2 && apt_install postgresql-common >&2; } || return 1
    forbid_main_cluster || return 1
    trap 'as_root rm -f "$NO_MAIN"' EXIT INT TERM
    apt_install postgresql >&2
}

check_postgres() {
    have_postgres && return 0
    if have apt-get && may_be_root; then
        install_with_apt || say "apt-get failed; its own words are above."
        have_postgres && return 0
    fi
    say_how_to_install
    return 1
}

# All three are checked before giving up, so that everything missing is said at once.
missing=0
check_cargo || missing=1
check_compiler || missing=1
check_postgres || missing=1
exit "$missing"
