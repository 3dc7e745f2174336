#!/bin/sh
# Makes Debian's Chromium and Firefox ESR available for the browser tests, through apt where it may.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium"
command -v firefox-esr >/dev/null 2>&1 || missing="$missing firefox-esr"
[ -z "$missing" ] && exit 0
line="apt-get install -y --no-install-recommends $missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'The browser tests need%s: type  sudo %s\n' " $missing" "$line" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
timeout 300 apt-get update -qq
# shellcheck disable=SC2086
timeout 600 $line
