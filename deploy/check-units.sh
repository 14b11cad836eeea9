#!/bin/sh
# Checks the units of systemd/ with systemd's own tools: nothing to complain about, and an exposure of at most 1.5. Needs
# systemd-analyze and no running systemd. The units are laid into a root folder of their own, beside those that they name.
set -eu
cd "$(dirname "$0")/.."

EXPOSURE=15 # tenths

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT INT TERM
units=$root/usr/lib/systemd/system
mkdir -p "$units" "$root/usr/bin" "$root/usr/share/man"
cp systemd/*.service "$units/"
for name in network-online.target network.target multi-user.target basic.target sysinit.target shutdown.target; do
    cp "/usr/lib/systemd/system/$name" "$units/" 2>/dev/null || cp "/lib/systemd/system/$name" "$units/"
done
# Programs that the units start; that they exist is all that is asked.
for program in sverka sh; do
    printf '#!/bin/sh\n' >"$root/usr/bin/$program"
    chmod +x "$root/usr/bin/$program"
done

version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9][0-9]*\).*/\1/p')
if [ "$version" -ge 253 ]; then
    mkdir "$units/sverka.service.d"
    cp systemd/notify-reload.conf "$units/sverka.service.d/"
else
    echo "systemd $version: notify-reload.conf, which is for 253 or later, is not checked"
fi

for unit in sverka.service sverka-sync@stock.service; do
    file=systemd/$(echo "$unit" | sed 's/@.*\./@./')
    complaints=$(systemd-analyze verify --man=no --root="$root" "$unit" 2>&1) || true
    if [ -n "$complaints" ]; then
        echo "$unit: $complaints" >&2
        exit 1
    fi
    if ! judged=$(systemd-analyze security --no-pager --offline=true --threshold=$EXPOSURE "$file" 2>&1); then
        echo "$judged" >&2
        exit 1
    fi
    echo "$judged" | tail -n 1
done
