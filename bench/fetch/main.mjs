// WebAssembly that fetches: each call asks a server for a path, is suspended until the whole answer is there, and gives
// its length. So many requests in all, so many at a time; prints requests a second, and resident memory on the way.
import { readFileSync } from "node:fs";

const [port, all = 10_000, atOnce = 100] = process.argv.slice(2).map(Number);
const section = (id, ...body) => [id, body.flat().length, ...body.flat()];
const text = (t) => [t.length, ...Buffer.from(t)];
// (func (export "get") (param i32) (result i32) (call $fetch (local.get 0)))
const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0,
  section(1, 1, 0x60, 1, 0x7f, 1, 0x7f), section(2, 1, text("host"), text("fetch"), 0, 0), section(3, 1, 0),
  section(7, 1, text("get"), 0, 1), section(10, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b)].flat()));
const ask = async (i) => {
  const answer = await fetch(`http://127.0.0.1:${port}/request/${i}`);
  return (await answer.text()).length;
};
const { get } = new WebAssembly.Instance(module, { host: { fetch: new WebAssembly.Suspending(ask) } }).exports;
const run = WebAssembly.promising(get);
const resident = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024);

let next = 0, bytes = 0;
const seen = {};
const start = performance.now();
async function worker() {
  while (next < all) {
    const i = next++;
    const length = await run(i);
    bytes += length;
    if (i % 2000 === 1999) seen[i + 1] = resident();
  }
}
await Promise.all(Array.from({ length: atOnce }, worker));
const seconds = (performance.now() - start) / 1000;
const expected = Array.from({ length: all }, (_, i) => `/request/${i}`.length).reduce((sum, length) => sum + length, 0);
if (bytes !== expected) throw new Error(`${bytes} bytes came, not ${expected}`);
console.log(`${Math.round(all / seconds)} requests/s; MB after so many: ${Object.entries(seen).map(([i, mb]) => `${i}: ${mb}`).join(", ")}`);
process.exit(0);
