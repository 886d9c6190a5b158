#!/usr/bin/env bash
# Guests that wait, with a store each or in one instance: Bident beside Wasmtime, same machine, same run.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bench/guests.sh [--rounds N] [--only NAME] [--most N] [--draw FILE]

Builds bench/guests with Wasmtime, which it links to, and measures in turn, N rounds (default 3), each figure in a process
of its own. Prints medians.

NAME  is all that is measured:
        waits    ten thousand guests on tokio that wait a hundred times
        warm     one guest after the other: its store, instance, first wait, end
        held     a thousand guests and more, parked at once
        threads  what a second thread adds
        fairness how late one guest is among a hundred that never end
--most N     holds no more guests than that at once (default: a million, which take 8 GB)
--draw FILE  draws what `held` came to
TEXT
}

. "$(dirname "$0")/peers.sh"

rounds=3
arguments=()
option() {
    case $1 in
        --only) arguments+=("$2") ;;
        --most) arguments+=("$1" "$2") ;;
        # The program runs in another folder.
        --draw) arguments+=("$1" "$(realpath -m -- "$2")") ;;
        *) return 1 ;;
    esac
}
take_options "$@"

echo 'building bench/guests' >&2
# shellcheck disable=SC2046
cargo bench --quiet --manifest-path "$root/Cargo.toml" $(selected -p bident-differ --features bident-differ/wasmtime) \
    --bench guests -- --rounds "$rounds" "${arguments[@]}"
