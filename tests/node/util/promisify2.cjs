// promisify, callbackify, deprecate, inherits, debuglog, aborted.
const util = require("util");
const { show, wait } = require("../show.js");
const twice = util.promisify((a, b, done) => done(null, a + b, "ignored"));
const custom = Object.assign((done) => done(null, 1), { [util.promisify.custom]: () => Promise.resolve("custom") });
(async () => {
  await wait("twice", () => twice(1, 2));
  await wait("custom", () => util.promisify(custom)());
  await wait("same", () => util.promisify(util.promisify(custom)) === util.promisify(custom));
  await wait("fails", () => util.promisify((done) => done(new RangeError("r")))());
  await wait("throws", () =>
    util.promisify(() => {
      throw new Error("t");
    })(),
  );
  await wait("this", () =>
    util
      .promisify(function (done) {
        done(null, this.x);
      })
      .call({ x: 9 }),
  );
  await wait("bad", () => util.promisify(5));
  await wait("bad custom", () => util.promisify(Object.assign(() => {}, { [util.promisify.custom]: 5 })));
  await wait("name", () => [twice.name, twice.length, util.promisify(require("fs").readFile).name]);
  const back = (f, ...args) =>
    new Promise((done) =>
      util.callbackify(f)(...args, (error, value) =>
        done([error && [error.name, error.code, error.message, error.reason], value]),
      ),
    );
  await wait("callback", () => back(async (a) => a * 2, 4));
  await wait("callback error", () =>
    back(async () => {
      throw new TypeError("x");
    }),
  );
  await wait("callback null", () => back(() => Promise.reject(null)));
  await wait("callback bad", () => util.callbackify(5));
  await wait("callback none", () => util.callbackify(async () => {})("last"));
  const old = util.deprecate(
    function f(a) {
      return [a, new.target !== undefined];
    },
    "old thing",
    "DEP_X",
  );
  console.log(old(1), old.name, old.length, util.inspect(old));
  show("deprecate bad", () => util.deprecate(() => {}, "m", 5));
  show("deprecate bad function", () => util.deprecate(5, "m"));
  function A() {}
  function B() {}
  util.inherits(A, B);
  console.log(A.super_ === B, new A() instanceof B, Object.getOwnPropertyDescriptor(A, "super_").enumerable);
  show("inherits bad", () => util.inherits(A, null));
  show("inherits proto", () => util.inherits(A, {}));
  const log = util.debuglog("nothing");
  console.log(log.enabled, log("x"), util.debug === util.debuglog);
  const controller = new AbortController(),
    resource = {};
  const gone = util.aborted(controller.signal, resource);
  controller.abort();
  await gone;
  console.log("aborted");
  await wait("aborted bad", () => util.aborted(5, {}));
})();
