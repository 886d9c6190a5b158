// What static knowledge and the choice between a value and a promise cost: ratios of the fastest of many
// rounds, taken in turn.
import { instantiateAsync, neverWaits } from "bident:stacklet";
import { test, run, module, instance } from "../harness.mjs";

const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "export") (param i32) (result i32) (local.get 0))
  (func (export "import") (param i32) (result i32) (call $f (local.get 0))))`;
const f = (x) => x;

function once(g, calls = 20000) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) g(i);
  return performance.now() - start;
}

// Noise only ever adds: measures until the ratio is in bounds, or often enough.
function ratio(a, b, most) {
  let [x, y] = [Infinity, Infinity];
  for (let round = 0; round < 400; round++) {
    x = Math.min(x, once(a));
    y = Math.min(y, once(b));
    if (round > 5 && x / y <= most) break;
  }
  if (x / y > most) throw new Error(`${x.toFixed(3)} ms against ${y.toFixed(3)} ms: more than ${most} times as much`);
}

test("an export that does not wait costs at most twice a plain one", async () => {
  const plain = instance(text, { m: { f } });
  const { exports } = await instantiateAsync(module([text]), { m: { f } });
  ratio(exports.export, plain.export, 2);
});

test("an import that never waits costs what a plain one costs", async () => {
  const plain = instance(text, { m: { f } });
  const never = instance(text, { m: { f: neverWaits(f) } });
  ratio(never.import, plain.import, 1.15);
});

await run();
