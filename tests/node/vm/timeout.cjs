// What takes too long is ended.
const vm = require("node:vm");
for (const run of [(options) => vm.runInThisContext("for (;;);", options), (options) => vm.runInNewContext("while (true) { try { for (;;); } catch {} }", {}, options), (options) => new vm.Script("(function f() { for (;;); })()").runInThisContext(options)]) {
  try {
    run({ timeout: 20 });
  } catch (error) {
    console.log(error.code, error.message);
  }
}
console.log(vm.runInThisContext("1 + 1", { timeout: 1000 }));
try {
  vm.runInThisContext("1", { timeout: -1 });
} catch (error) {
  console.log(error.code);
}
try {
  vm.runInThisContext("1", { timeout: "5" });
} catch (error) {
  console.log(error.code);
}
for (let i = 0; i < 1e5; i++);
console.log("goes on");
