// Python in WebAssembly, which waits for promises where plain Python code calls `run_sync`: 60 frames deep, in two
// calls at once, and for one that is rejected.

import { loadPyodide } from "pyodide";

const pyodide = await loadPyodide();
console.log("Python", pyodide.runPython("import sys; sys.version.split()[0]"));
console.log(pyodide.runPython("sum(n * n for n in range(1000))"));
console.log(await pyodide.runPythonAsync("import json; json.dumps({'a': [1, 2.5, None], 'b': 'ü'})"));

globalThis.later = (value, ms) => new Promise((resolve) => setTimeout(() => resolve(value), ms));
globalThis.refused = () => new Promise((_, reject) => setTimeout(() => reject(new RangeError("not today")), 2));
pyodide.runPython(`
from js import later, refused
from pyodide.ffi import run_sync, can_run_sync, JsException

order = []
def deep(n):
    return run_sync(later(1, 2)) if n == 0 else deep(n - 1) + 1

def walk(name, steps):
    total = 0
    for step in range(steps):
        total += run_sync(later(step, 3))
        order.append(name + str(step))
    return total

def caught():
    try:
        run_sync(refused())
    except JsException as error:
        return f"{type(error).__name__}: {error}"
`);
console.log("can run_sync here:", pyodide.runPython("can_run_sync()"));
const get = (name) => pyodide.globals.get(name);
console.log("deep", await get("deep").callPromising(60));
console.log("two", await Promise.all([get("walk").callPromising("a", 4), get("walk").callPromising("b", 4)]));
console.log("order", get("order").toJs().join(" "));
console.log("caught", await get("caught").callPromising());

try {
  pyodide.runPython("def f():\n    raise ValueError('from Python')\nf()");
} catch (error) {
  console.log(error.constructor.name, error.type, error.message.trim().split("\n").at(-1));
}

// Values each way.
pyodide.registerJsModule("mine", { add: (a, b) => a + b, list: [1, 2, 3], nothing: null });
console.log(pyodide.runPython("import mine; (mine.add(2, 3), sum(mine.list), 2 ** 100)").toJs());
pyodide.FS.writeFile("/tmp/a.txt", "one\ntwo\n");
console.log(pyodide.runPython("[line.strip() for line in open('/tmp/a.txt')]").toJs());
pyodide.runPython("print('printed by Python'); print('€', file=__import__('sys').stdout)");

console.log("primes", pyodide.runPython(`
def sieve(limit):
    flags = bytearray([1]) * (limit + 1)
    for n in range(2, int(limit ** 0.5) + 1):
        if flags[n]:
            flags[n * n :: n] = bytes(len(range(n * n, limit + 1, n)))
    return sum(flags[2:])
sieve(300000)`));
