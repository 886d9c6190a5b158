// A context of its own has no modules, and what called it stays out of its reach.
const vm = require("vm");
const tell = (promise) => promise.then(() => console.log("imported"), (error) => console.log(error.name, error.code, error.message));
(async () => {
  await tell(vm.runInNewContext('import("node:fs")'));
  await tell(vm.runInNewContext('(async () => import("./none.mjs"))()'));
  await tell(vm.runInNewContext('import("node:fs")', {}, { filename: "host:x" }));
  console.log(vm.runInNewContext(`
    Error.prepareStackTrace = (error, sites) => sites;
    const sites = new Error("q").stack;
    Error.prepareStackTrace = undefined;
    sites.slice(1).filter((site) => site.getFunction?.() !== undefined).length;
  `, Object.create(null)));
  console.log(vm.runInThisContext('"\ud800".charCodeAt(0).toString(16)'), vm.runInNewContext('"\udc00".length'));
})();
