// Values and errors of kinds that are rare.
import { MessageChannel, Worker, isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable } from "node:worker_threads";

const fixed = new ArrayBuffer(3);
markAsUntransferable(fixed);
console.log(isMarkedAsUntransferable(fixed), isMarkedAsUntransferable({}));
const { port1, port2 } = new MessageChannel();
for (const list of [[fixed], []]) {
  try {
    port1.postMessage(fixed, list);
    console.log("sent", fixed.byteLength);
  } catch (error) {
    console.log(error.name, error.code);
  }
}
const secret = { a: 1 };
markAsUncloneable(secret);
try {
  structuredClone([secret]);
} catch (error) {
  console.log(error.name);
}
port1.close();
port2.close();

const echo = new Worker(`const { parentPort } = require("worker_threads"); parentPort.once("message", (value) => parentPort.postMessage(value));`, { eval: true });
echo.postMessage({ half: new Float16Array([1.5, -2]), room: new ArrayBuffer(4, { maxByteLength: 9 }) });
echo.on("message", ({ half, room }) => console.log(half, room.resizable, room.byteLength, room.maxByteLength));
await new Promise((resolve) => echo.on("exit", resolve));

for (const source of [
  `throw new AggregateError([new TypeError("inner")], "all")`, `Promise.reject(5)`, `Promise.reject({ a: 1 })`, `throw () => 1`, `throw null`, `require("nope")`,
  `try { process.umask(0) } catch (error) { throw Object.assign(new Error(error.code), { more: [1] }) }`,
]) {
  const worker = new Worker(source, { eval: true });
  worker.on("error", (error) => console.log(error instanceof Error ? [error.constructor.name, error.name, error.code, error.message.split("\n")[0], Object.keys(error), error.errors?.length] : error));
  console.log(await new Promise((resolve) => worker.on("exit", resolve)));
}
const hungry = new Worker("const all = []; for (;;) all.push(new Array(1e5).fill(1));", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 30 } });
hungry.on("error", (error) => console.log(error.code));
console.log(await new Promise((resolve) => hungry.on("exit", resolve)));
