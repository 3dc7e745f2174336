#!/bin/sh
# Says in one sentence what to install when a tool is missing or too old. Called by the Makefile.
# usage: tools/need.sh python|rust|node
set -eu

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

at_least() { # at_least 1.89 1.95.0
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

case "$1" in
python)
    command -v "${PYTHON:-python3}" >/dev/null 2>&1 || fail "Python 3.11 or newer is missing: install it (Debian: apt install python3 python3-venv)."
    version=$("${PYTHON:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    at_least 3.11 "$version" || fail "Python $version is too old: install 3.11 or newer, or name one with make PYTHON=python3.12."
    "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing: install it (Debian: apt install python3-venv)."
    ;;
rust)
    command -v cargo >/dev/null 2>&1 || fail "Rust is missing: install stable Rust 1.89 or newer (rustup, or your system's cargo)."
    version=$(rustc --version | cut -d ' ' -f 2)
    at_least 1.89 "$version" || fail "Rust $version is too old: install 1.89 or newer (rustup update stable)."
    command -v cc >/dev/null 2>&1 || fail "A C compiler is missing: install one (Debian: apt install build-essential)."
    ;;
node)
    command -v node >/dev/null 2>&1 || fail "Node.js is missing: install 20 or newer with npm."
    version=$(node --version | tr -d v)
    at_least 20 "$version" || fail "Node.js $version is too old: install 20 or newer."
    command -v npm >/dev/null 2>&1 || fail "npm is missing: install it beside Node.js."
    ;;
*) fail "usage: tools/need.sh python|rust|node" ;;
esac
