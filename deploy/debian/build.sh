#!/bin/sh
# Builds the Debian package into target/debian: program, units, manual pages, completions. `make deb` runs it.
# Needs cargo, a C compiler and dpkg-dev; installs cargo-deb where it is missing. PROFILE=dev builds without optimisation.
set -eu
cd "$(dirname "$0")/../.."

CARGO=${CARGO:-cargo}
PROFILE=${PROFILE:-release}
target=${CARGO_TARGET_DIR:-target}
case $PROFILE in
dev) built=$target/debug ;;
*) built=$target/$PROFILE ;;
esac

if ! $CARGO deb --version >/dev/null 2>&1; then
    echo "cargo-deb is missing: installing it ..." >&2
    $CARGO install --locked cargo-deb
fi

$CARGO build --locked --profile "$PROFILE"

# What the program says of itself, in English whoever builds.
export LC_ALL=C LANG=C LANGUAGE=
made=$built/packaging
rm -rf "$made"
mkdir -p "$made/completions"
"$built/sverka" man "$made/man"
gzip -9n "$made"/man/*/*
for shell in bash zsh fish; do
    "$built/sverka" completions $shell >"$made/completions/$shell"
done

$CARGO deb --locked --no-build --profile "$PROFILE"
