// Scripts: once compiled, run often; in this context; functions.
const vm = require("node:vm");
globalThis.counter = 0;
const script = new vm.Script("counter += 1; counter", { filename: "count.js" });
console.log(script.runInThisContext(), script.runInThisContext(), counter);
const one = vm.createContext({ counter: 10 });
console.log(script.runInContext(one), one.counter, script.runInNewContext({ counter: 100 }), counter);
console.log(vm.runInThisContext("typeof require"), vm.runInThisContext("this === globalThis"), vm.runInThisContext("var viaVm = 3; viaVm"), globalThis.viaVm);
const f = vm.compileFunction("return a + b + (typeof require)", ["a", "b"]);
console.log(f(1, 2), f.length, typeof f);
console.log(vm.compileFunction("return x", [], { parsingContext: vm.createContext({ x: "inside" }) })());
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(error.name, error.code, error instanceof Error);
  }
};
show(() => new vm.Script("a b c"));
show(() => vm.runInThisContext("}"));
show(() => vm.runInContext("1", {}));
show(() => vm.createContext(5));
show(() => vm.isContext("no"));
show(() => vm.compileFunction(5));
show(() => vm.compileFunction("", "a"));
show(() => vm.runInThisContext("missingName"));
show(() => vm.runInNewContext("throw new TypeError('x')"));
try {
  vm.runInNewContext("missingName");
} catch (error) {
  console.log(error.name, error instanceof ReferenceError);
}
