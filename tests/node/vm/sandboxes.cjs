// Contexts: globals both ways, errors, names, identity of classes.
const vm = require("vm"),
  { show } = require("../show.js");
const box = vm.createContext({ x: 1, list: [1], log: (...a) => console.log("log", ...a) });
show("values", () => [
  vm.runInContext("x + list.length", box),
  vm.runInContext("y = 5; var z = 6; let hidden = 7; const c = 8; y + z", box),
  box.y,
  box.z,
  box.hidden,
  vm.runInContext("hidden + c", box),
]);
show("function", () => {
  vm.runInContext("function f() { return this === globalThis }", box);
  return [typeof box.f, box.f()];
});
show("globals", () => [
  vm.runInContext("typeof console + typeof process + typeof setTimeout + typeof Array + typeof globalThis", box),
  vm.runInContext("Object.keys(globalThis)", box).join(),
]);
show("classes", () => [
  vm.runInContext("[]", box) instanceof Array,
  Array.isArray(vm.runInContext("[]", box)),
  vm.runInContext("list instanceof Array", box),
  vm.runInContext("Array", box) === Array,
]);
show("delete", () => [vm.runInContext("delete globalThis.y", box), "y" in box]);
show("getter", () => {
  Object.defineProperty(box, "g", { get: () => 9, configurable: true });
  return vm.runInContext("g", box);
});
show("frozen", () => vm.runInContext("'use strict'; q = 1", vm.createContext(Object.freeze({}))));
const said = (e) => [e.name, e.message, e instanceof Error, e.stack.split("\n")[0]];
const caught = (code, o) => {
  try {
    return vm.runInContext(code, box, o);
  } catch (e) {
    return said(e);
  }
};
const script = new vm.Script("n = (typeof n === 'undefined' ? 0 : n) + 1", { filename: "count.js" });
vm.runInContext("Promise.resolve('job').then(log)", box);
