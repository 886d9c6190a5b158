// WebAssembly: compiling, instances, memories, tables, globals, traps, errors.
const bytes = (...list) => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...list.flat()]);
const section = (id, ...body) => [id, body.flat().length, ...body.flat()],
  text = (t) => [t.length, ...Buffer.from(t)];
const add = bytes(
  section(1, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
  section(3, 1, 0),
  section(7, 1, text("add"), 0, 0),
  section(10, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b),
);
const told = async (make) => {
  try {
    return await make();
  } catch (error) {
    return [error.name, error instanceof Error].join();
  }
};
const { instance, module } = await WebAssembly.instantiate(add);
const importing = bytes(
  section(1, 1, 0x60, 0, 0),
  section(2, 1, text("m"), text("f"), 0, 0),
  section(3, 1, 0),
  section(7, 1, text("go"), 0, 1),
  section(10, 1, 4, 0, 0x10, 0, 0x0b),
);
const imported = new WebAssembly.Module(importing);
const trapping = new WebAssembly.Instance(
  new WebAssembly.Module(
    bytes(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(7, 1, text("t"), 0, 0), section(10, 1, 3, 0, 0, 0x0b)),
  ),
);
const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
const before = memory.buffer;
before.constructor;
new Uint8Array(before)[5] = 7;
console.log(
  memory.grow(1),
  before.byteLength,
  memory.buffer.byteLength,
  new Uint8Array(memory.buffer)[5],
  await told(() => memory.grow(5)),
  memory.buffer === memory.buffer,
);
const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 });
table.set(0, instance.exports.add);
console.log(
  table.get(0)(1, 1),
  table.get(1),
  table.length,
  table.grow(1),
  await told(() => table.get(9)),
  await told(() => table.set(0, () => 1)),
);
const global = new WebAssembly.Global({ value: "i64", mutable: true }, 5n);
global.value = 6n;
console.log(
  global.value,
  await told(() => {
    global.value = 1;
  }),
  await told(() => {
    new WebAssembly.Global({ value: "i32" }, 1).value = 2;
  }),
  String(global),
  [WebAssembly, module, instance].map(String),
);
const tag = new WebAssembly.Tag({ parameters: ["i32"] });
const thrown = new WebAssembly.Exception(tag, [7]);
console.log(thrown.is(tag), thrown.getArg(tag, 0), thrown instanceof Error, await told(() => thrown.getArg(tag, 1)));
