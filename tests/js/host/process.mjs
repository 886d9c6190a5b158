import { test, run, same, list, throws, later } from "../harness.mjs";
import { EventEmitter, once } from "node:events";

test("once is once", () => {
  const heard = [];
  process.once("mine", (value) => heard.push(value));
  same(process.emit("mine", 1), true);
  same(process.emit("mine", 2), false);
  list(heard, [1]);
});

test("an emitter", () => {
  const emitter = new EventEmitter();
  const heard = [];
  const a = () => heard.push("a");
  emitter.on("x", a).on("x", () => heard.push("b")).prependListener("x", () => heard.push("first")).on("x", a);
  emitter.once("x", () => { heard.push("once"); emitter.emit("x"); });
  emitter.emit("x");
  list(heard, ["first", "a", "b", "a", "once", "first", "a", "b", "a"]);
  same(emitter.listenerCount("x"), 4);
  emitter.off("x", a);
  list(emitter.listeners("x").map((f) => f === a), [false, true, false]);
  emitter.removeAllListeners();
  same(emitter.emit("x"), false);
  throws(TypeError, () => emitter.on("x", 1));
  const error = new Error("nobody listens");
  throws(error, () => emitter.emit("error", error));
});

test("a class that extends one, and a promise for an event", async () => {
  const emitter = new (class extends EventEmitter {})();
  const promise = once(emitter, "ready");
  emitter.emit("ready", 1, 2);
  list(await promise, [1, 2]);
});

test("streams call back", async () => {
  const order = [];
  process.stdout.write("", () => order.push("written"));
  process.stdout.write("", "utf8", () => order.push("with encoding"));
  order.push("now");
  await later();
  list(order, ["now", "written", "with encoding"]);
  throws(TypeError, () => process.stdout.write(1));
});

test("hrtime", () => {
  const [seconds, nanos] = process.hrtime(process.hrtime());
  same(seconds === 0 && nanos >= 0, true);
  throws(TypeError, () => process.hrtime({ length: 2 ** 32 }));
});

await run();
