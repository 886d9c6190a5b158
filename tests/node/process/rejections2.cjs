// Rejections handled late, never, twice, with values that are no errors.
const log = (...a) => console.log(...a);
process.on("unhandledRejection", (reason, promise) => {
  log("unhandled", reason instanceof Error ? reason.message : reason, promise instanceof Promise);
});
process.on("rejectionHandled", (promise) => log("handled later", promise === late));
Promise.reject(new Error("one"));
Promise.reject("text");
Promise.reject(undefined);
new Promise((_, no) => no({ a: 1 }));
const late = Promise.reject(new Error("late"));
setTimeout(() => late.catch((e) => log("caught", e.message)), 10);
const soon = Promise.reject(new Error("soon"));
process.nextTick(() => soon.catch(() => log("soon caught")));
const job = Promise.reject(new Error("job"));
queueMicrotask(() => job.catch(() => log("job caught")));
Promise.reject(new Error("chain")).then(() => {});
Promise.all([Promise.reject(new Error("all 1")), Promise.reject(new Error("all 2"))]).catch((e) =>
  log("all", e.message),
);
(async () => {
  try {
    await Promise.race([Promise.reject(new Error("race")), new Promise(() => {})]);
  } catch (e) {
    log(e.message);
  }
  throw new Error("async");
})();
Promise.allSettled([Promise.reject(1), 2]).then((all) => log(all));
Promise.any([Promise.reject(1), Promise.reject(2)]).catch((e) => log(e.name, e.errors));
process.on("multipleResolves", () => log("never"));
new Promise((yes, no) => {
  yes(1);
  no(new Error("ignored"));
  throw new Error("ignored");
});
Promise.reject(new Error("finally")).finally(() => log("finally"));
setTimeout(() => log("end"), 20);
