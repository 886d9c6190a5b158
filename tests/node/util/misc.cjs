const util = require("util");
console.log(util.types.isMap(new Map()), util.types.isProxy(new Proxy({}, {})), util.types.isPromise(Promise.resolve()), util.types.isDate({}), util.types.isUint8Array(Buffer.alloc(1)), util.types.isBoxedPrimitive(Object(1)));
console.log(util.isDeepStrictEqual({ a: [1, new Set([{}])] }, { a: [1, new Set([{}])] }), util.isDeepStrictEqual([0], [-0]), util.isDeepStrictEqual(new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])));
const f = util.promisify((x, done) => done(null, x + 1));
f(1).then((value) => console.log("promisified", value));
util.promisify((done) => done(new Error("no")))().catch((error) => console.log(error.message));
util.callbackify(async (x) => x * 2)(4, (error, value) => console.log("callbackified", error, value));
console.log(util.stripVTControlCharacters("\x1b[31mred\x1b[0m"), util.toUSVString("a\ud800"));
console.log(JSON.stringify(util.parseArgs({ args: ["-v", "--name", "x", "--list=1", "--list", "2", "rest"], options: { v: { type: "boolean", short: "v" }, name: { type: "string" }, list: { type: "string", multiple: true } }, allowPositionals: true })));
function A() {} function B() {}
util.inherits(A, B);
console.log(new A() instanceof B, A.super_ === B);
for (const run of [() => util.promisify(5), () => util.inherits(A), () => util.stripVTControlCharacters(5)]) try { run(); } catch (error) { console.log(error.name, error.code, error.message); }
