// Values that scripts give, errors with places, options.
const vm = require("node:vm");
for (const text of ["1 + 1", "'text'", "({ a: 1 })", "[1, 2]", "undefined", "null", "1; 2; 3", "if (true) 'branch'", "var x = 5", "function f() {}", "(() => 7)()", "`t${1}`", "Symbol.iterator", "10n", "new Date(0).getTime()", "try { 1 } finally { 2 }", "for (var i = 0; i < 3; i++) i", "'use strict'; (function () { return this })()", "(function () { return this === globalThis })()"]) console.log(text, "=>", vm.runInNewContext(text));
try {
  vm.runInThisContext("\n\n  throw new Error('third line')", { filename: "own-file.js" });
} catch (error) {
  console.log(error.message, /own-file\.js:3/.test(error.stack));
}
try {
  new vm.Script("let a;\nlet a;", { filename: "twice.js" });
} catch (error) {
  console.log(error.name);
}
const script = new vm.Script("globalThis.seen = (globalThis.seen ?? 0) + 1");
const one = vm.createContext({});
for (let i = 0; i < 3; i++) script.runInContext(one);
console.log(one.seen, typeof seen);
console.log(vm.runInContext("let kept = 1; kept", one), vm.runInContext("kept += 1; kept", one), typeof one.kept);
const shared = { count: 0, add(n) { this.count += n; return this.count; } };
vm.createContext(shared);
console.log(vm.runInContext("add(2); count", shared), shared.count);
const proxy = vm.createContext({ nested: { deep: [1] } });
vm.runInContext("nested.deep.push(2); nested.more = 'x'", proxy);
console.log(proxy.nested);
const accessors = vm.createContext({ get now() { return "got"; } });
console.log(vm.runInContext("now", accessors));
console.log(vm.runInNewContext("Object.keys(globalThis).sort().join()", { b: 1, a: 2 }), vm.runInNewContext("'a' in globalThis", { a: undefined }), vm.runInNewContext("globalThis.a === a && this.a === a", { a: {} }));
console.log(typeof vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, vm.createContext() !== undefined, vm.isContext(vm.createContext()));
const plain = vm.createContext(vm.constants.DONT_CONTEXTIFY);
vm.runInContext("var own = 1", plain);
console.log(plain.own, plain !== globalThis);
