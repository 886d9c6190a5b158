// util.types and the predicates that are left.
const { types } = require("util"),
  util = require("util");
const values = {
  map: new Map(),
  set: new Set(),
  weakMap: new WeakMap(),
  date: new Date(),
  regexp: /x/,
  promise: Promise.resolve(),
  error: new Error(),
  u8: new Uint8Array(1),
  f64: new Float64Array(1),
  view: new DataView(new ArrayBuffer(1)),
  buffer: new ArrayBuffer(1),
  shared: new SharedArrayBuffer(1),
  args: (function () {
    return arguments;
  })(),
  generator: (function* () {})(),
  generatorFunction: function* () {},
  async: async () => {},
  asyncGenerator: async function* () {},
  proxy: new Proxy({}, {}),
  boxed: Object(1),
  symbol: Object(Symbol()),
  big: Object(1n),
  mapIterator: new Map().keys(),
  setIterator: new Set().values(),
  fake: { __proto__: Map.prototype },
  namespace: 0,
  key: null,
  b: Buffer.alloc(1),
  dom: new DOMException("x"),
  sub: new (class E extends TypeError {})(),
};
const names = Object.keys(types).sort();
console.log(names.join());
for (const [name, value] of Object.entries(values))
  console.log(
    name,
    names
      .filter((test) => {
        try {
          return types[test](value) === true;
        } catch (error) {
          return false;
        }
      })
      .join(),
  );
console.log(
  names.map((name) => typeof types[name](undefined)).every((type) => type === "boolean"),
  names.every((name) => types[name]("x") === false),
);
console.log(
  util.isArray([]),
  util.types === require("util/types"),
  util.isError === undefined,
  types.isNativeError(Object.create(Error.prototype)),
  util.isBoolean === undefined,
);
import("./../modules/lib/plain.mjs").then((namespace) =>
  console.log(types.isModuleNamespaceObject(namespace), types.isModuleNamespaceObject({})),
);
