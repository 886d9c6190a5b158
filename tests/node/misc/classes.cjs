// Classes, private members, accessors, symbols and proxies, as inspect and errors show them.
class Point {
  #x;
  static #count = 0;
  static made = 0;
  constructor(x) {
    this.#x = x;
    Point.#count++;
    Point.made++;
  }
  get x() {
    return this.#x;
  }
  set x(v) {
    if (typeof v !== "number") throw new TypeError("number wanted");
    this.#x = v;
  }
  static get count() {
    return Point.#count;
  }
  #secret() {
    return "s" + this.#x;
  }
  reveal() {
    return this.#secret();
  }
  static is(v) {
    return #x in v;
  }
  toString() {
    return `P(${this.#x})`;
  }
  [Symbol.toPrimitive](hint) {
    return hint === "number" ? this.#x : this.toString();
  }
}
const p = new Point(3);
p.x = 5;
console.log(p.x, +p, `${p}`, Point.count, p.reveal(), Point.is(p), Point.is({}), p, Point);
try {
  p.x = "no";
} catch (error) {
  console.log(error.name, error.message);
}
try {
  Point();
} catch (error) {
  console.log(error.name);
}
try {
  p.nope();
} catch (error) {
  console.log(error.name);
}
class Sized extends Array {
  get last() {
    return this.at(-1);
  }
  static get [Symbol.species]() {
    return Array;
  }
}
const s = Sized.from([1, 2, 3]);
console.log(s, s.last, s.map((v) => v) instanceof Sized, s.length, Array.isArray(s));
const log = [];
const proxy = new Proxy(
  { a: 1 },
  {
    get(t, k, r) {
      log.push(`get ${String(k)}`);
      return Reflect.get(t, k, r);
    },
    has: () => true,
    ownKeys: () => ["a", "b"],
    getOwnPropertyDescriptor: () => ({ value: 1, configurable: true, enumerable: true }),
    deleteProperty: () => false,
  },
);
console.log(proxy.a, "zzz" in proxy, Object.keys(proxy), Reflect.deleteProperty(proxy, "a"), log);
const mixin = (Base) =>
  class extends Base {
    hi() {
      return `hi ${super.toString()}`;
    }
  };
console.log(
  new (mixin(Point))(1).hi(),
  mixin(Object).name,
  new (class {
    static {
      this.ready = true;
    }
  })().constructor.ready,
);
const counter = {
  *[Symbol.iterator]() {
    yield* [1, 2];
  },
  async *[Symbol.asyncIterator]() {
    yield 3;
  },
  get [Symbol.toStringTag]() {
    return "Counter";
  },
};
console.log([...counter], String(counter), counter);
(async () => {
  for await (const v of counter) console.log(v);
})();
const weak = new WeakMap([[p, "meta"]]);
console.log(
  weak.get(p),
  weak.has({}),
  new WeakRef(p).deref() === p,
  Object.getOwnPropertyNames(Point.prototype).join(),
  Symbol.for("k") === Symbol.for("k"),
  Symbol("d").description,
);
