// Promises: combinators, thenables, order, withResolvers, try.
const log = [];
const thenable = {
  then(resolve) {
    log.push("then called");
    resolve("from thenable");
  },
};
const { promise, resolve } = Promise.withResolvers();
setTimeout(resolve, 1, "resolved");
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
console.log(order.join());
async function* numbers() {
  try {
    yield 1;
    yield Promise.resolve(2);
    yield 3;
  } finally {
    log.push("closed");
  }
}
for await (const n of numbers()) {
  if (n === 2) break;
}
console.log(log, await Array.fromAsync(numbers()), await Array.fromAsync([Promise.resolve(5)], (x) => x + 1));
