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
console.log(
  instance.exports.add(2, 3),
  instance.exports.add("4", undefined),
  instance.exports.add(2 ** 31, 1),
  instance.exports.add.length,
  instance.exports.add.name,
  Object.isFrozen(instance.exports),
  Object.getPrototypeOf(instance.exports),
);
console.log(
  WebAssembly.Module.exports(module),
  WebAssembly.Module.imports(module),
  WebAssembly.Module.customSections(module, "x"),
  WebAssembly.validate(add),
  WebAssembly.validate(new Uint8Array(4)),
);
console.log(
  await told(() => WebAssembly.compile(new Uint8Array([1]))),
  await told(() => new WebAssembly.Module("x")),
  await told(() => new WebAssembly.Instance(module, 5)),
  await told(() => WebAssembly.instantiate()),
  await told(() => new WebAssembly.Memory({ initial: 5, maximum: 1 })),
  await told(() => new WebAssembly.Table({ element: "x", initial: 1 })),
);
const importing = bytes(
  section(1, 1, 0x60, 0, 0),
  section(2, 1, text("m"), text("f"), 0, 0),
  section(3, 1, 0),
  section(7, 1, text("go"), 0, 1),
  section(10, 1, 4, 0, 0x10, 0, 0x0b),
);
const imported = new WebAssembly.Module(importing);
console.log(
  WebAssembly.Module.imports(imported),
  await told(() => new WebAssembly.Instance(imported, {})),
  await told(() => new WebAssembly.Instance(imported, { m: {} })),
  await told(() =>
    new WebAssembly.Instance(imported, {
      m: {
        f: () => {
          throw new RangeError("through");
        },
      },
    }).exports.go(),
  ),
);
const trapping = new WebAssembly.Instance(
  new WebAssembly.Module(
    bytes(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(7, 1, text("t"), 0, 0), section(10, 1, 3, 0, 0, 0x0b)),
  ),
);
console.log(
  await told(() => trapping.exports.t()),
  await told(() => {
    try {
      trapping.exports.t();
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError;
    }
  }),
);
const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
const before = memory.buffer;
before.constructor;
new Uint8Array(before)[5] = 7;
const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 });
table.set(0, instance.exports.add);
const global = new WebAssembly.Global({ value: "i64", mutable: true }, 5n);
global.value = 6n;
const tag = new WebAssembly.Tag({ parameters: ["i32"] });
const thrown = new WebAssembly.Exception(tag, [7]);
