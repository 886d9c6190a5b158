#!/usr/bin/env bash
# Every figure that the documentation gives of today, measured in one go and written to docs/figures.md.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/figures.sh [--rounds N] [--output FILE] [DIR]

Measures Bident, V8 and Wasmtime, N rounds of each kernel (default 9), writes docs/figures.md, and puts the
table of kernels into the README. Let nothing else run meanwhile; it takes some ten minutes.

FILE  is written instead of docs/figures.md; the README stays as it is
DIR   where the peers are, or come to be (default: target/bench-peers)
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=9
output=$root/docs/figures.md
readme=$root/README.md
option() {
    case $1 in
        --output) output=$(realpath -m -- "$2"); readme= ;;
        *) return 1 ;;
    esac
}
take_options "$@"
install
build
cd "$root"

say() { printf '%s\n' "$*" >&2; }

# Runs a command that may print much; its standard output goes to a file of this name.
record() {
    local name=$1
    shift
    say "$*"
    "$@" >"$scratch/$name" 2>"$scratch/complaint" || { tail -n 20 "$scratch/complaint" >&2; exit 1; }
}

middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Milliseconds of a whole process, median of 40.
whole_process() {
    local i start
    for ((i = 0; i < 40; i++)); do
        start=${EPOCHREALTIME/./}
        "$@" >/dev/null
        echo $((${EPOCHREALTIME/./} - start))
    done | middle | awk '{ printf "%.1f\n", $1 / 1000 }'
}

# Prints seconds, and the most memory that was resident, in MB, of one process.
seconds_and_memory() {
    local start pid line memory=0
    start=${EPOCHREALTIME/./}
    "$@" >/dev/null &
    pid=$!
    while line=$(grep -s '^VmHWM:' "/proc/$pid/status"); do
        memory=$(awk '{ print $2 }' <<<"$line")
        sleep 0.02
    done
    wait "$pid"
    awk -v us=$((${EPOCHREALTIME/./} - start)) -v kb="$memory" \
        'BEGIN { printf "%.1f s, %.0f MB resident\n", us / 1e6, kb / 1024 }'
}

# A row of `cargo bench --bench call`: the median in ns; for many calls at once, by how many there are.
row() {
    awk -v name="$1" -v what="$2" '
        function ns(text,    part) {
            split(text, part, " ")
            return part[1] * (part[2] == "ns" ? 1 : part[2] == "ms" ? 1e6 : 1e3)
        }
        { split($0, column, "│") }
        found && /item\/s/ { time /= 10000 }
        found { printf "| %s | %.1f | `%s` |\n", what, time, name; exit }
        $0 ~ "─ " name " " { found = 1; sub(/^ +/, "", column[3]); time = ns(column[3]) }
        END { if (!found) exit 1 }' "$scratch/call"
}

# A row of bench/jspi.mjs.
jspi_row() {
    local ours alone theirs
    ours=$(awk -v name="$1" '$1 == name { print $2 }' "$scratch/jspi-bident")
    alone=$(awk -v name="$1" '$1 == name { print $3 }' "$scratch/jspi-bident")
    theirs=$(awk -v name="$1" '$1 == name { print $2 }' "$scratch/jspi-node")
    echo "| $2 | ${ours:?} | ${alone:?} | ${theirs:?} |"
}

measure() {
    record kernels bench/stack-switching.sh --rounds "$rounds" "$peers"
    record simd bench/simd.sh --rounds "$rounds" "$peers"
    record gc bench/gc.sh --rounds "$rounds" "$peers"
    record collections cargo bench $(selected -p bident) --bench collections
    record call cargo bench $(selected -p bident) --bench call
    record live cargo bench $(selected -p bident) --bench live
    record continuations cargo bench $(selected -p bident) --bench live_continuations
    record many "$bident" run examples/waiting/many.mjs 100000
    record compute cargo bench $(selected -p bident-differ --features bident-differ/wasmtime) --bench compute
    record jspi-bident "$bident" run bench/jspi.mjs
    record jspi-node "$node" bench/jspi.mjs
    say 'whole processes'
    echo 'console.log(1)' >"$scratch/one.mjs"
    echo '(module (memory (export "memory") 1) (func (export "_start")))' >"$scratch/empty.wat"
    script_bident=$(whole_process "$bident" run "$scratch/one.mjs")
    script_node=$(whole_process "$node" "$scratch/one.mjs")
    command_bident=$(whole_process "$bident" run "$scratch/empty.wat")
    command_wasmtime=$(whole_process "$wasmtime" run "$scratch/empty.wat")
    create=$(seconds_and_memory "$bident" run --invoke create bench/kernels.wat 100000000)
}

# What stack-switching.sh says of machine and programs comes first, then an empty line and the table.
about() { sed '/^$/,$d' "$scratch/kernels"; }
kernels() { sed '1,/^$/d' "$scratch/kernels"; }
vectors() { grep '^|' "$scratch/simd"; }

figures() {
    cat <<TEXT
# Figures

\`bench/figures.sh\` measures all of this in one go and writes this file and the table in the README.

$(about | sed 's/^/- /')
- $(rustc --version)

## Stack switching

Nanoseconds for each operation, by \`bench/stack-switching.sh\`; the files of \`bench/\` say at their heads what each kernel does.
[transfers.md](transfers.md) says what the processor does in that time.

$(kernels)

Made, run and freed one after the other, 100,000,000 continuations: $create.

## Vectors

Nanoseconds, by \`bench/simd.sh\`, which first sees that all three give the same; the programs are in \`bench/simd\`.

$(vectors)

## Objects

Milliseconds for a round, by \`bench/gc.sh\`; the files of \`bench/gc\` say at their heads what each program does.
[heap.md](heap.md#what-it-costs) says where the time goes.

$(sed '1,/^$/d' "$scratch/gc")

## Collections beside suspended stacks

\`cargo bench -p bident --bench collections\`, each stack with a reference to an object that nothing else has; medians over
fresh processes. With \`-- --draw\` it draws [the plot](collections.svg).
[What is kept by mistake](heap.md#what-is-kept-by-mistake):

$(cat "$scratch/collections")

## Suspended continuations at once

\`cargo bench -p bident --bench live_continuations\`, medians over fresh processes, memory resident. With \`-- --full\` it
goes to ten million and draws [the plot](live-continuations.svg).

$(cat "$scratch/continuations")

## Parked calls at once, in one instance, from Rust

\`cargo bench -p bident --bench live\`

| parked | bytes each, resident | ns to start | ns to finish |
|--:|--:|--:|--:|
$(awk '$1 ~ /^[0-9]+$/ { print "| " $1 " | " $2 " | " $3 " | " $4 " |" }' "$scratch/live")

## Calls from Rust

\`cargo bench -p bident --bench call\`, medians

| what | ns | benchmark |
|---|--:|---|
$(row enter_empty 'enter an exported function without parameters, and return')
$(row enter_add 'the same with two parameters and a result')
$(row host_call_typed 'WebAssembly calls a typed Rust function, and back')
$(row host_call_array 'the same with dynamic types')
$(row park_resume 'park and resume')
$(row start_park_resume_return "start, park, resume, return: a stack's whole life")

## Stopping

What it adds to six kernels that [functions are compiled when they are called](lazy.md), and what
[epochs and fuel](stopping.md) do, here and in Wasmtime, by
\`cargo bench -p bident-differ --features wasmtime --bench compute\`; the programs are in \`bench/compute\`. All guests of the
last lines begin in one round, which is as long as their turns together.

$(cat "$scratch/compute")

## JavaScript

\`bench/jspi.mjs\`, ns, medians of five:

| what | Bident | the same in JavaScript alone, under Bident | Node |
|---|--:|--:|--:|
$(jspi_row import 'a call of an import, in a loop')
$(jspi_row settled 'a wait for a settled promise')
$(jspi_row plain 'a wait for a plain value')
$(jspi_row pending 'a wait for a pending promise, which it makes')
$(jspi_row call 'a promising call that does not wait')
$(jspi_row once 'a promising call that waits once, awaited')
$(jspi_row live-start 'one of 10,000 calls at once, to start')
$(jspi_row live-finish 'the same, to finish')

\`examples/waiting/many.mjs\`, as it prints:

$(sed 's/^/- /' "$scratch/many")

## Whole processes

Milliseconds, medians of 40:

| what | Bident | peer |
|---|--:|--:|
| a script of one line | $script_bident | $script_node (Node) |
| an empty command in the text format | $command_bident | $command_wasmtime (Wasmtime) |
TEXT
}

# Puts the table of kernels between the two marks of the README.
into_readme() {
    { about | head -n 1 | sed 's/$/:/'; echo; kernels; } >"$scratch/block"
    awk -v block="$scratch/block" '
        /<!-- end of figures -->/ { inside = 0; closed = 1 }
        !inside { print }
        /<!-- figures/ {
            inside = 1
            print ""
            while ((getline line < block) > 0) print line
            print ""
        }
        END { exit !closed }' "$1" >"$scratch/readme"
    cp "$scratch/readme" "$1"
}

measure
figures >"$scratch/figures"
cp "$scratch/figures" "$output"
[ -z "$readme" ] || into_readme "$readme"
say "written: $output"
