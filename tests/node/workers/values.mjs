// What values become on their way to another thread and back.
import { Worker } from "node:worker_threads";
import { once } from "node:events";
const worker = new Worker("const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => m === 'end' ? parentPort.close() : parentPort.postMessage(m))", { eval: true });
const echo = async (value, transfer) => { worker.postMessage(value, transfer); return (await once(worker, "message"))[0]; };
class Own { constructor() { this.a = 1; } get hidden() { return 2; } }
const cycle = { name: "cycle" };
cycle.self = cycle;
for (const value of [undefined, null, true, -0, NaN, 1.5, 2n ** 70n, -5n, "text \u{1f600} \0 é", "", [1, , 3], { a: { b: [] } }, new Date(5), new Date(NaN), /a+/giu, new Map([[{ k: 1 }, new Set([1, "2"])]]),
  new Uint8Array([1, 2, 3]), new Float64Array([1.5, -0]), new BigInt64Array([-1n]), new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2), new ArrayBuffer(3), Object(5), Object("s"), Object(false), new Own(), cycle, [cycle, cycle],
  Object.assign([1, 2], { extra: 3 }), Object.create(null), Buffer.from("bytes")]) console.log(await echo(value));
const error = await echo(Object.assign(new RangeError("message", { cause: new TypeError("inner") }), { lost: 1 }));
console.log(error instanceof RangeError, error.name, error.message, error.cause.name, error.cause.message, typeof error.stack, error.lost);
const bytes = new Uint8Array([9, 8, 7]);
const back = await echo(bytes, [bytes.buffer]);
console.log(back, bytes.length, bytes.buffer.detached);
const both = new Uint8Array(8), views = await echo([both, new Uint16Array(both.buffer, 2, 2)]);
console.log(views[0].buffer === views[1].buffer, views[1].byteOffset);
const blob = await echo(new Blob(["ab", "c"], { type: "text/x" }));
console.log(blob instanceof Blob, blob.size, blob.type, await blob.text());
const file = await echo(new File(["x"], "name.txt", { type: "a/b", lastModified: 7 }));
console.log(file.name, file.lastModified, file.type, await file.text());
const url = await echo([new URL("http://x/")]).catch((error) => error.name);
console.log(typeof url);
const module = await echo(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
console.log(module instanceof WebAssembly.Module, WebAssembly.Module.exports(module));
for (const value of [() => {}, Symbol("s"), { f() {} }, new WeakMap(), Promise.resolve(), [1, new Proxy({}, {})]]) {
  try { worker.postMessage(value); console.log("sent"); } catch (error) { console.log(error.name, error.code); }
}
const many = [];
let next;
const all = new Promise((done) => (next = done));
worker.on("message", (m) => { many.push(m); if (many.length === 3000) next(); });
for (let i = 0; i < 3000; i++) worker.postMessage(i);
await all;
console.log(many.every((m, i) => m === i));
worker.postMessage("end");
console.log(await once(worker, "exit"));
