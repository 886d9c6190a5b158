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
console.log(
  caught("throw new TypeError('inner')", "named.js"),
  caught("nope.x", { filename: "other.js", lineOffset: 10 }),
  caught("a b", { filename: "syntax.js" }),
  vm.runInContext("try { throw 5 } catch (e) { e }", box),
);
show("new context", () => [
  vm.runInNewContext("a * 2", { a: 4 }),
  vm.runInNewContext("this.constructor.name"),
  vm.runInNewContext("var q = 1; this.q"),
]);
show("this context", () => {
  globalThis.shared = 3;
  return [
    vm.runInThisContext("shared"),
    vm.runInThisContext("typeof require"),
    vm.runInThisContext("var left = 4; left"),
    globalThis.left,
  ];
});
const script = new vm.Script("n = (typeof n === 'undefined' ? 0 : n) + 1", { filename: "count.js" });
show("script", () => [
  script.runInContext(box),
  script.runInContext(box),
  script.runInNewContext({ n: 10 }),
  box.n,
  typeof script.createCachedData,
  script.cachedDataRejected,
]);
show("is", () => [vm.isContext(box), vm.isContext({}), vm.createContext(box) === box]);
show("is bad", () => vm.isContext(5));
show("create bad", () => vm.createContext(5));
vm.runInContext("Promise.resolve('job').then(log)", box);
