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
console.log(A, B, new A(), new B(), [new B()], { a: new A() });
console.log(
  class {},
  class extends A {},
  Object.assign(class Named {}, { x: 1 }),
  A.prototype,
  B.prototype,
  Object.create(new A()),
);
class List extends Array {}
class Table extends Map {
  extra = 1;
}
class Bytes extends Uint8Array {}
class Fail extends TypeError {}
console.log(
  List.from([1, 2]),
  new Table([[1, 2]]),
  new Bytes(2),
  new (class P extends Promise {})(() => {}),
  new (class D extends Date {})(0),
);
console.log(
  Object.defineProperty({}, "x", {
    get() {
      return 1;
    },
    enumerable: true,
  }),
  Object.defineProperty({}, "y", { value: 1 }),
  {
    get a() {
      return 1;
    },
    set a(v) {},
  },
);
