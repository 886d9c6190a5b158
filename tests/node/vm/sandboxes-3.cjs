// Contexts: globals both ways, errors, names, identity of classes.
const vm = require("vm"),
  { show } = require("../show.js");
const box = vm.createContext({ x: 1, list: [1], log: (...a) => console.log("log", ...a) });
const said = (e) => [e.name, e.message, e instanceof Error, e.stack.split("\n")[0]];
const caught = (code, o) => {
  try {
    return vm.runInContext(code, box, o);
  } catch (e) {
    return said(e);
  }
};
const script = new vm.Script("n = (typeof n === 'undefined' ? 0 : n) + 1", { filename: "count.js" });
show("run bad", () => vm.runInContext("1", {}));
show("code bad", () => vm.runInContext(5, box));
show("script bad", () => new vm.Script("x", { filename: 5 }));
show("option bad", () => vm.runInNewContext("1", {}, { timeout: -1 }));
show("compile", () => vm.compileFunction("return a + b + c", ["a", "b"], { contextExtensions: [{ c: 100 }] })(1, 2));
show("compile context", () => vm.compileFunction("return x", [], { parsingContext: box })());
show("compile bad", () => vm.compileFunction("return }"));
vm.runInContext("Promise.resolve('job').then(log)", box);
