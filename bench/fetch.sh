#!/bin/sh
# 10,000 requests by fetch, 100 at a time, from WebAssembly that is suspended in each, to a server of Rust's:
#   bench/fetch.sh BIDENT [NODE]
cd "$(dirname "$0")/fetch" || exit 1
folder=$(mktemp -d)
rustc -O -o "$folder/server" server.rs || exit 1
"$folder/server" >"$folder/port" &
server=$!
trap 'kill $server; rm -r "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.1; done
port=$(cat "$folder/port")
for round in 1 2 3; do
    echo "bident: $("$1" run main.mjs "$port")"
    [ -n "$2" ] && echo "node: $("$2" main.mjs "$port")"
done
