#!/bin/sh
# Runs every program here under Node 26 and keeps what it printed and its status in `FILE.out`:
#   tests/node/compare.sh record NODE
# or shows where a command of ours differs from what is kept:
#   tests/node/compare.sh check BIDENT run
cd "$(dirname "$0")" || exit 1
mode=$1
shift
for file in */*.cjs */*.mjs; do
    # No variable: it would lose bytes that are zero.
    case $mode in
    record) { "$@" "$file" 2>/dev/null </dev/null; echo "status $?"; } >"$file.out" ;;
    *) { "$@" "$file" 2>/dev/null </dev/null; echo "status $?"; } | diff -u "$file.out" - ;;
    esac
done
exit 0
