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
show("promise", () => vm.runInContext("Promise.resolve(1)", box) instanceof Promise);
show("code generation", () => vm.runInNewContext("eval('1')", {}, { contextCodeGeneration: { strings: false } }));
show("timeout", () => vm.runInContext("for(;;);", box, { timeout: 20 }));
vm.runInContext("Promise.resolve('job').then(log)", box);
show("symbol", () => vm.runInContext("Symbol.for('a')", box) === Symbol.for("a"));
show("constants", () => [
  typeof vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  vm.runInContext("globalThis.x = 2; x", box),
  box.x,
]);
