// What a script changes in its context stays there.
const vm = require("node:vm");
const context = vm.createContext(Object.create(null));
vm.runInContext("Array.prototype.push = () => 'changed'; Object.prototype.polluted = 1; JSON.parse = null; Error.prepareStackTrace = () => 'own'", context);
console.log([].push(1), {}.polluted, typeof JSON.parse);
console.log(vm.runInContext("Function('return typeof process')()", context));
console.log(vm.runInContext("Reflect.ownKeys(globalThis).filter((name) => /host|native|evaluate|script/i.test(String(name))).length", context));
const thrown = (() => {
  try {
    vm.runInContext("null.x", context);
  } catch (error) {
    return error;
  }
})();
console.log(thrown instanceof TypeError, thrown.name, vm.runInContext("TypeError", context) === thrown.constructor);
const given = vm.runInContext("({ get a() { return typeof process } })", context);
console.log(given.a);
const nested = vm.runInContext("(f) => { try { return f(); } catch (e) { return e instanceof Error; } }", context);
console.log(nested(() => { throw new Error("outside"); }));
const contexts = [];
for (let i = 0; i < 50; i++) contexts.push(vm.runInNewContext("x * 2", { x: i }));
console.log(contexts.at(-1));
vm.runInContext("Promise.resolve(5).then((value) => { result = value; })", context);
setTimeout(() => console.log(vm.runInContext("result", context), context.result), 5);
