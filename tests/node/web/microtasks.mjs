// Promises: combinators, thenables, order, withResolvers, try.
const log = [];
const thenable = {
  then(resolve) {
    log.push("then called");
    resolve("from thenable");
  },
};
console.log(await thenable, await Promise.resolve(thenable), log.length);
console.log(
  await Promise.allSettled([1, Promise.reject(new Error("no")), thenable]).then((all) =>
    all.map(({ status, value, reason }) => [status, value ?? reason?.message]),
  ),
);
console.log(
  await Promise.any([Promise.reject(1), 2]),
  await Promise.race([new Promise(() => {}), "won"]),
  await Promise.all(new Set([1, 2])),
  await Promise.any([]).catch((error) => [error.name, error.errors]),
);
const { promise, resolve } = Promise.withResolvers();
setTimeout(resolve, 1, "resolved");
console.log(
  await promise,
  await Promise.try((x) => x * 2, 4),
  await Promise.try(() => {
    throw new RangeError("t");
  }).catch((error) => error.name),
);
const order = [];
const step = (name) => () => order.push(name);
Promise.resolve().then(step("p1")).then(step("p2")).then(step("p3"));
queueMicrotask(step("q1"));
(async () => {
  order.push("sync");
  await null;
  order.push("a1");
  await new Promise((done) => done());
  order.push("a2");
})();
Promise.reject().catch(step("c1")).finally(step("f1"));
await new Promise((done) => setTimeout(done, 5));
async function* numbers() {
  try {
    yield 1;
    yield Promise.resolve(2);
    yield 3;
  } finally {
    log.push("closed");
  }
}
