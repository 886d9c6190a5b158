// WebAssembly that waits for promises: results, rejections, calls at once, nesting, values that are no promises.
import { setTimeout as sleep } from "node:timers/promises";
const section = (id, ...body) => [id, body.flat().length, ...body.flat()],
  text = (t) => [t.length, ...Buffer.from(t)];
const module = new WebAssembly.Module(
  new Uint8Array(
    [
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
      section(2, 1, text("m"), text("f"), 0, 0),
      section(3, 1, 0),
      section(7, 1, text("twice"), 0, 1),
      section(10, 1, 11, 0, 0x20, 0, 0x10, 0, 0x20, 0, 0x10, 0, 0x6a, 0x0b),
    ].flat(),
  ),
);
const make = (f) => {
  const { twice } = new WebAssembly.Instance(module, { m: { f } }).exports;
  return WebAssembly.promising(twice);
};
const told = async (make) => {
  try {
    return await make();
  } catch (error) {
    return [error.name, error.message?.slice(0, 30)].join(": ");
  }
};
const waits = make(
  new WebAssembly.Suspending(async (n) => {
    await sleep(n);
    return n * 10;
  }),
);
console.log(await waits(2), await Promise.all([waits(6), waits(1), waits(3)]));
console.log(await make(new WebAssembly.Suspending((n) => n + 1))(5), await make((n) => n + 2)(5));
console.log(
  await told(() => make(new WebAssembly.Suspending(() => Promise.reject(new RangeError("rejected"))))(1)),
  await told(() =>
    make(
      new WebAssembly.Suspending(() => {
        throw new TypeError("thrown");
      }),
    )(1),
  ),
);
const order = [];
const watched = make(
  new WebAssembly.Suspending(async (n) => {
    order.push(`call ${n}`);
    await null;
    order.push(`back ${n}`);
    return n;
  }),
);
const first = watched(1),
  second = watched(2);
order.push("started");
console.log(await first, await second, order.join());
const outer = make(new WebAssembly.Suspending(async (n) => (n > 3 ? n : outer(n + 1))));
console.log(await outer(1));
let calls = 0;
const counted = make(
  new WebAssembly.Suspending(() => ({
    then(resolve) {
      calls += 1;
      resolve(calls);
    },
  })),
);
const raw = new WebAssembly.Instance(module, { m: { f: new WebAssembly.Suspending(async (n) => n) } }).exports.twice;
const promise = waits(1);
