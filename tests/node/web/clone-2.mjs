// structuredClone: what is copied, what is handed over, what is refused.
import shown from "../show.js";
const { wait } = shown;
const copy = (name, value, options) => wait(name, () => structuredClone(value, options));
await wait("cycle", () => {
  const a = { list: [] };
  a.list.push(a);
  const b = structuredClone(a);
  return [b !== a, b.list[0] === b];
});
await wait("same", () => {
  const s = {};
  const [a, b] = structuredClone([s, s]);
  return a === b;
});
await wait("transfer", () => {
  const buffer = new ArrayBuffer(8);
  const other = structuredClone(buffer, { transfer: [buffer] });
  return [buffer.byteLength, buffer.detached, other.byteLength];
});
await wait("transfer view", () => {
  const view = new Uint8Array([1, 2, 3]);
  const other = structuredClone({ view }, { transfer: [view.buffer] });
  return [view.length, other.view];
});
await wait("transfer port", () => {
  const { port1, port2 } = new MessageChannel();
  const port = structuredClone(port1, { transfer: [port1] });
  port2.close();
  return port.constructor.name;
});
for (const [name, bad] of [
  ["function", () => 1],
  ["symbol", Symbol("s")],
  ["method", { f() {} }],
  ["weak", new WeakMap()],
  ["promise", Promise.resolve()],
])
  await wait(name, () => {
    try {
      structuredClone(bad);
    } catch (error) {
      return [error.name, error.code, error.constructor.name];
    }
  });
