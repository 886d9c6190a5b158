import { test, run, same, list, holds, later } from "../harness.mjs";

test("order within a turn", async () => {
  const order = [];
  await new Promise((done) => {
    setTimeout(() => {
      setTimeout(() => order.push("timeout"), 0);
      setImmediate(() => (order.push("immediate"), Promise.resolve().then(() => order.push("after immediate"))));
      process.nextTick(() => order.push("tick"));
      Promise.resolve().then(() => (order.push("micro"), process.nextTick(() => order.push("tick 2"))));
      queueMicrotask(() => order.push("queued"));
      setTimeout(done, 10);
    });
  });
  list(order, ["tick", "micro", "queued", "tick 2", "immediate", "after immediate", "timeout"]);
});

test("timers run by time, then by age", async () => {
  const order = [];
  setTimeout(() => order.push("c"), 6);
  setTimeout((...args) => order.push(...args), 1, "a", "b");
  await later(15);
  list(order, ["a", "b", "c"]);
});

test("clearing", async () => {
  const order = [];
  const timer = setTimeout(() => order.push("no"), 1);
  clearTimeout(timer);
  clearTimeout(Number(setTimeout(() => order.push("no"), 1)));
  clearImmediate(setImmediate(() => order.push("no")));
  clearTimeout(undefined);
  clearTimeout(12345678);
  let left = 3;
  await new Promise((done) => {
    const interval = setInterval(() => { order.push(left); if (--left === 0) { clearInterval(interval); done(); } }, 1);
  });
  await later(5);
  list(order, [3, 2, 1]);
});

test("timers that do not keep the program alive", () => {
  const timer = setTimeout(() => {}, 100000);
  same(timer.hasRef(), true);
  same(timer.unref(), timer);
  same(timer.hasRef(), false);
});

test("a rejection handled in the same turn is nobody's business", async () => {
  const rejected = Promise.reject(new Error("handled"));
  await 0;
  await rejected.catch(() => {});
});

test("what does not hold the loop any more", async () => {
  const immediate = setImmediate(() => {});
  same(immediate.hasRef(), true);
  clearImmediate(immediate);
  same(immediate.hasRef(), false);
  // Cleared ones make no room for those that others add.
  const order = [];
  await new Promise((done) => {
    setImmediate(() => {
      clearImmediate(second);
      setImmediate(() => (order.push("next turn"), done()));
      process.nextTick(() => setTimeout(() => order.push("timer"), 0));
    });
    const second = setImmediate(() => order.push("no"));
    setImmediate(() => order.push("third"));
  });
  same(order[0], "third");
});

await run();
