#!/bin/sh
# 10,000 requests by fetch, 100 at a time, from WebAssembly that is suspended in each, to a server of Rust's:
#   bench/fetch.sh BIDENT [NODE]
for program in "$@"; do
    [ -f "$program" ] && [ -x "$program" ] || { echo "fetch.sh: no program: $program" >&2; exit 1; }
done
[ $# -gt 0 ] || { echo 'usage: bench/fetch.sh BIDENT [NODE]' >&2; exit 1; }
bident=$(realpath "$1")
node=${2:+$(realpath "$2")}
cd "$(dirname "$0")/fetch" || exit 1
folder=$(mktemp -d)
rustc -O -o "$folder/server" server.rs || exit 1
"$folder/server" >"$folder/port" &
server=$!
trap 'kill $server; rm -r "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.1; done
port=$(cat "$folder/port")
for round in 1 2 3; do
    echo "bident: $("$bident" run main.mjs "$port")"
    [ -z "$node" ] || echo "node: $("$node" main.mjs "$port")"
done
