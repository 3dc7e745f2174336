#!/bin/sh
# Makes callgrind available, through apt where it may; else the count of the forward step is skipped and says so.
set -eu
command -v valgrind >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'The instructions of the forward step will not be counted: valgrind is missing.\n' >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
timeout 300 apt-get update -qq
timeout 300 apt-get install -y --no-install-recommends valgrind
