// Old helpers: _extend, inherits, isArray, deprecate, promisify of classes.
const util = require("util");
console.log(
  util._extend({ a: 1 }, { b: 2 }),
  util._extend({ a: 1 }, null),
  util.isArray([]),
  util.isArray({ length: 0 }),
);
console.log(
  util.types.isDate(new Date()),
  util.types.isRegExp(/x/),
  util.types.isProxy(new Proxy({}, {})),
  util.inspect.custom === Symbol.for("nodejs.util.inspect.custom"),
);
function Base() {
  this.b = 1;
}
Base.prototype.hi = function () {
  return `hi ${this.b}`;
};
function Sub() {
  Base.call(this);
}
util.inherits(Sub, Base);
console.log(new Sub().hi(), Sub.super_.name, Object.getPrototypeOf(Sub.prototype) === Base.prototype, new Sub());
class Reader {
  constructor() {
    this.v = 7;
  }
  read(done) {
    setImmediate(done, null, this.v);
  }
}
const reader = new Reader();
reader.readAsync = util.promisify(reader.read);
reader.readAsync().then((v) => console.log("promised", v));
const back = util.callbackify(async function () {
  return this?.k;
});
back.call({ k: "this kept" }, (error, v) => console.log(error, v));
console.log(back.name, back.length, util.promisify(setTimeout).name, util.format("%s", util.inspect(back)));
