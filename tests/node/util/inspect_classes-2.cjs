// Classes, instances, accessors and extended builtins.
class A {
  constructor() {
    this.own = 1;
  }
  get computed() {
    return 2;
  }
  static s = 5;
  #hidden = 3;
  method() {}
}
class B extends A {
  extra = [1, { deep: { er: {} } }];
}
class List extends Array {}
class Table extends Map {
  extra = 1;
}
class Bytes extends Uint8Array {}
class Fail extends TypeError {}
console.log(
  new (function Legacy() {
    this.v = 1;
  })(),
  Object.setPrototypeOf({ z: 1 }, null),
  Object.setPrototypeOf(function f() {}, null),
  Object.setPrototypeOf([1], null),
);
console.log(
  Object.freeze({ f: 1 }),
  Object(Symbol("x")),
  new (class {
    constructor() {
      return [1];
    }
  })(),
  globalThis.undefinedThing,
  [A, B].map((c) => c.name),
  String(new Fail("m")),
);
console.log(
  { constructor: "text" },
  { constructor: { name: "Fake" } },
  { toString: () => "s" },
  { [Symbol.toPrimitive]: () => 1 },
  Object.assign(Object.create({ constructor: A }), { q: 1 }),
);
