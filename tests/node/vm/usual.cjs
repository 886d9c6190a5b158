// Scripts in contexts of their own.
const vm = require("vm");
const sandbox = {
  n: 2,
  log: [],
  say(text) {
    this.log.push(text);
  },
};
vm.createContext(sandbox);
console.log(
  vm.runInContext("n *= 21; var made = 'var'; let kept = 'let'; log.push(n); n", sandbox),
  sandbox.n,
  sandbox.made,
  sandbox.kept,
  sandbox.log,
);
console.log(
  vm.runInContext("kept + typeof globalThis", sandbox),
  vm.runInNewContext("a + b", { a: 1, b: 2 }),
  vm.isContext(sandbox),
);
const script = new vm.Script("count = (count || 0) + 1", { filename: "counter.js" });
const context = vm.createContext({ count: 0 });
for (let i = 0; i < 3; i++) script.runInContext(context);
console.log(
  context.count,
  vm.runInContext("Object.keys(globalThis)", context).length,
  vm.runInThisContext("typeof require"),
);
for (const code of ["throw new Error('inside')", "missing", "syntax error", "null.x"]) {
  try {
    vm.runInContext(code, sandbox, "file.js");
  } catch (error) {
    console.log(error.name, code.startsWith("throw") ? error.message : "");
  }
}
const add = vm.compileFunction("return a + b + extra", ["a", "b"], {
  parsingContext: vm.createContext({ extra: 100 }),
});
console.log(
  add(1, 2),
  add.length,
  vm.runInNewContext("[1,2].map(x => x * f(x))", { f: (x) => x + 1 }),
  vm.runInNewContext("x?.y ?? 'none'", { x: null }),
);
