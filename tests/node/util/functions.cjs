// The functions of `node:util`.
const util = require("node:util");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
(async () => {
  const promised = util.promisify((a, b, done) => done(a > b ? new Error("greater") : null, a + b));
  console.log(await promised(1, 2), await promised(2, 1).catch((error) => error.message), promised.name, promised.length);
  const own = Object.assign(() => {}, { [util.promisify.custom]: () => "custom" });
  console.log(util.promisify(own)());
  show(() => util.promisify("x"));
  const callback = util.callbackify(async (x) => { if (x) return x; throw null; });
  await new Promise((resolve) => callback(5, (error, value) => { console.log(error, value); resolve(); }));
  await new Promise((resolve) => callback(0, (error) => { console.log(error.code, error.message, error.reason); resolve(); }));
  show(() => callback(1));
  show(() => util.callbackify(5));
  function A() {}
  function B() {}
  util.inherits(A, B);
  console.log(new A() instanceof B, A.super_ === B);
  show(() => util.inherits(A, {}));
  console.log(util.isDeepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), util.isDeepStrictEqual([1], ["1"]), util.isDeepStrictEqual(new Set([1]), new Set([1])), util.isDeepStrictEqual(NaN, NaN), util.isDeepStrictEqual(0, -0), util.isDeepStrictEqual(new Date(1), new Date(1)), util.isDeepStrictEqual(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])));
  console.log(util.stripVTControlCharacters("\u001b[31mred\u001b[0m"), util.toUSVString("a\ud800"), util.styleText("red", "text", { validateStream: false }), util.styleText(["bold", "underline"], "x", { validateStream: false }));
  console.log(util.getSystemErrorName(-2), util.getSystemErrorMap?.().get(-2), util.getSystemErrorMessage?.(-13));
  show(() => util.getSystemErrorName(2));
  show(() => util.getSystemErrorName("x"));
  const old = util.deprecate((x) => x * 2, "old thing", "DEP_OWN");
  console.log(old(4), util.types.isPromise(Promise.resolve()), util.types.isRegExp(/x/), util.types.isDate(new Date()), util.types.isProxy(new Proxy({}, {})), util.types.isGeneratorFunction(function* () {}), util.types.isUint8Array(Buffer.alloc(1)), util.types.isBoxedPrimitive(Object(1)), util.types.isAsyncFunction(async () => {}), util.types.isMap({}), util.types.isNativeError(new TypeError()), util.types.isArgumentsObject((function () { return arguments; })()), util.types.isModuleNamespaceObject(await import("node:path")));
  console.log(util.parseEnv("A=1\nB='two words'\n# comment\nC=\"line\\nbreak\"\nexport D=4 # c\nE=\nF=a=b"), util.debuglog("none").enabled, typeof util.TextEncoder);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  await util.aborted(controller.signal, {});
  console.log(controller.signal.aborted, util.inspect.defaultOptions.depth);
})();
