#!/usr/bin/env bash
# Published packages, unmodified, under Node and under Bident: the same output? In what time and memory?
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/packages.sh [--rounds N] [--only NAME] [DIR]

Builds Bident, installs Node 26 and the packages that the folders of bench/packages name into DIR, which is made when
missing, compiles a program in Rust with wasm-bindgen, runs each program under both, N times in turn (default 3), and prints a table: whether standard output and
status are the same, medians of the time, most memory. A difference is shown, and is a failure. Bident runs each a
second time with compiled code of the first, as it does where nobody asks for `--no-cache`: `again`.

DIR  where Node and packages stay for the next time (default: target/bench-peers)
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=3
only=
option() {
    case $1 in
        --only) only=$2 ;;
        *) return 1 ;;
    esac
}
take_options "$@"

# Each program: a name for the table, its folder in bench/packages or in examples, what to run there.
plan() {
    cat <<'TEXT'
wabt               wabt            main.js
resvg              resvg           main.mjs
web-tree-sitter    tree-sitter     main.mjs
assemblyscript     assemblyscript  main.mjs
esbuild            esbuild         main.mjs
esbuild-command    esbuild         node_modules/esbuild-wasm/bin/esbuild --loader=jsx --minify
ruby               ruby            main.mjs
ruby-wasi          ruby            wasi.mjs
pyodide            pyodide         main.mjs
php                php             main.mjs
wa-sqlite          wa-sqlite       main.mjs
pandoc             pandoc          main.mjs
onnxruntime        onnxruntime     main.mjs
wasm-bindgen       wasm-bindgen    main.mjs
TEXT
}

planned() { plan | awk -v only="$only" 'only == "" || $1 == only'; }

# A copy of each folder, with its packages.
install_packages() {
    local name folder what from
    while read -r name folder what; do
        mkdir -p "$peers/packages/$folder"
        from=$root/bench/packages/$folder
        [ -d "$from" ] || from=$root/examples/$folder
        cp -R "$from/." "$peers/packages/$folder"
        quietly npm install --prefix "$peers/packages/$folder" --no-audit --no-fund --ignore-scripts </dev/null
    done < <(planned)
}

# A program in Rust has no package: it is compiled, and bound by the tool.
bind_program() {
    local folder=$peers/packages/wasm-bindgen tool=$peers/wasm-bindgen
    [ -z "$only" ] || [ "$only" = wasm-bindgen ] || return 0
    command -v rustup >/dev/null && quietly rustup target add wasm32-unknown-unknown
    if [ ! -x "$tool/bin/wasm-bindgen" ]; then
        echo 'building wasm-bindgen' >&2
        quietly cargo install wasm-bindgen-cli --version 0.2.130 --locked --root "$tool"
    fi
    quietly cargo build --release --target wasm32-unknown-unknown --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target"
    quietly "$tool/bin/wasm-bindgen" "$folder/target/wasm32-unknown-unknown/release/bindgen.wasm" \
        --target experimental-nodejs-module --out-dir "$folder/out"
}

# Runs a command, its output in FILE, through a pipe; prints its status, seconds and MiB.
measured() {
    python3 - "$@" <<'TEXT'
import os, sys, time
file, *command = sys.argv[1:]
read, write = os.pipe()
began = time.monotonic()
child = os.fork()
if child == 0:
    os.dup2(os.open("input.jsx" if os.path.exists("input.jsx") else os.devnull, os.O_RDONLY), 0)
    os.dup2(write, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.close(read)
    os.close(write)
    os.execv(command[0], command)
os.close(write)
with open(file, "wb") as kept:
    while piece := os.read(read, 65536):
        kept.write(piece)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), f"{time.monotonic() - began:.3f}", f"{usage.ru_maxrss / 1024:.1f}")
TEXT
}

# Lines `program engine status seconds MiB`, the engines in turn; `again` is Bident with code of an earlier run.
run_rounds() {
    local round name folder what
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round of $rounds" >&2
        while read -r name folder what; do
            cd "$peers/packages/$folder"
            # shellcheck disable=SC2086 # what is run is words
            echo "$name node $(measured "$scratch/$name.node" "$node" $what)"
            # shellcheck disable=SC2086
            echo "$name bident $(measured "$scratch/$name.bident" "$bident" run --no-cache $what)"
            # shellcheck disable=SC2086
            [ "$round" != 1 ] || measured "$scratch/$name.again" "$bident" run $what >/dev/null
            # shellcheck disable=SC2086
            echo "$name again $(measured "$scratch/$name.again" "$bident" run $what)"
        done < <(planned)
    done
}

# Lines `program yes|no`.
compare() {
    local name folder what statuses
    while read -r name folder what; do
        statuses=$(awk -v name="$name" '$1 == name { print $3 }' "$scratch/samples" | sort -u | wc -l)
        if [ "$statuses" = 1 ] && cmp -s "$scratch/$name.node" "$scratch/$name.bident" &&
            cmp -s "$scratch/$name.node" "$scratch/$name.again"; then
            echo "$name yes"
        else
            echo "$name no"
            diff -u "$scratch/$name.node" "$scratch/$name.bident" | head -n 20 >&2 || true
        fi
    done < <(planned)
}

table() {
    awk -v same="$scratch/same" -v samples="$scratch/samples" "$median"'
        BEGIN {
            while ((getline < samples) > 0) {
                key = $1 " " $2
                value[key, ++count[key]] = $4 + 0
                if ($5 + 0 > most[key]) most[key] = $5 + 0
            }
            print "| program | same output | Node s | Bident s | again s | again / Node | Node MiB | Bident MiB | again MiB |"
            print "|---|---|--:|--:|--:|--:|--:|--:|--:|"
            while ((getline < same) > 0) {
                theirs = median($1 " node")
                again = median($1 " again")
                printf "| %s | %s | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f |\n", $1, $2, theirs,
                    median($1 " bident"), again, again / theirs, most[$1 " node"], most[$1 " bident"], most[$1 " again"]
            }
        }'
}

install_node
build
install_packages
bind_program
run_rounds >"$scratch/samples"
compare >"$scratch/same"
printf '%s, %s cores, %s\n' "$(processor)" "$(nproc)" "$(date -I)"
printf '%s, Node %s\n\n' "$("$bident" --version)" "$("$node" --version)"
table
if grep -q ' no$' "$scratch/same"; then exit 1; fi
