#!/bin/sh
# Makes what the tests with shaped networks need available, through apt where it may; else they are skipped and say so.
set -eu
missing=""
command -v ip >/dev/null 2>&1 && command -v tc >/dev/null 2>&1 || missing="iproute2"
command -v nft >/dev/null 2>&1 || missing="$missing nftables"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'Tests with shaped networks will be skipped: they need root and%s.\n' " $missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
timeout 300 apt-get update -qq
# shellcheck disable=SC2086
timeout 300 apt-get install -y --no-install-recommends $missing
