#!/bin/sh
# Draws every page of the admin page in both languages, light and dark, wide and narrow, into pictures/, and takes the
# README's two pictures from there. Needs Debian's chromium, chromium-driver and, to make the pictures small, pngquant.
set -eu
cd "$(dirname "$0")/.."
for program in chromium chromedriver pngquant; do
    command -v "$program" >/dev/null || { echo "missing: apt-get install chromium chromium-driver pngquant" >&2; exit 1; }
done
mkdir -p pictures docs/images
SVERKA_PICTURES="$PWD/pictures" "${CARGO:-cargo}" test --locked --test it -- --ignored --exact browser::pictures::every_page_is_drawn
for lang in en ru; do
    pngquant --force --strip --speed 1 --output "docs/images/overview-$lang.png" 128 "pictures/overview-$lang-desktop-light.png"
done
ls -l docs/images
