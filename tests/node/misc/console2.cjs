// console: groups, counts, times, tables, asserts, dirs, streams of one's own.
const { Console } = require("console"),
  { PassThrough } = require("stream");
const out = new PassThrough(),
  err = new PassThrough();
let [text, errors] = ["", ""];
out.on("data", (part) => {
  text += part;
});
err.on("data", (part) => {
  errors += part;
});
const own = new Console({ stdout: out, stderr: err, groupIndentation: 4 });
own.log("a %s", 1);
own.group("G", { x: 1 });
own.info("in\ntwo");
own.group();
own.debug("deep");
own.groupEnd();
own.groupEnd();
own.groupEnd();
own.log("out");
own.error("bad %d", 5);
own.warn({ w: 1 });
own.count();
own.count("x");
own.count();
own.countReset();
own.count();
own.countReset("none");
own.assert(true, "no");
own.assert(false, "failed %s", 1);
own.assert(0);
own.assert(false, { a: 1 });
own.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
own.dirxml({ x: 1 }, [2]);
own.timeLog("none");
own.timeEnd("none");
own.time("t");
own.time("t");
own.trace;
own.log();
own.log("");
own.log(undefined, null, -0);
own.groupCollapsed("C");
own.log("c");
own.groupEnd();
own.table([
  [1, 2],
  [3, 4],
]);
own.table([
  { a: 1, b: "x" },
  { a: 2, c: true },
]);
own.table([{ a: 1, b: 2 }], ["b"]);
own.table(new Map([["k", 1]]));
own.table(new Set([1]));
own.table(5);
own.table([]);
own.table([1, "a", { x: 1 }]);
setTimeout(() => {
  console.log(text);
  console.log(errors);
  for (const bad of [
    [],
    [{}],
    [5],
    [{ stdout: out, colorMode: "x" }],
    [{ stdout: out, inspectOptions: 5 }],
    [{ stdout: out, groupIndentation: "x" }],
  ])
    try {
      new Console(...bad);
      console.log("made");
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }
}, 5);
console.log(
  Object.keys(console).sort().join(),
  console instanceof Console,
  Object.prototype.toString.call(console),
  typeof console.Console,
  console.log.name,
);
const quiet = new Console(out, err, true);
quiet.log("quiet");
try {
  new Console({
    write() {
      throw new Error("never seen");
    },
    on() {},
    once() {},
    removeListener() {},
    listenerCount() {
      return 0;
    },
  }).log("x");
  console.log("ignored");
} catch (error) {
  console.log(error.message);
}
