// Both ends of a channel go to another thread, with what was sent before; and one goes through several.
import { MessageChannel, Worker } from "node:worker_threads";

const { port1, port2 } = new MessageChannel();
port1.postMessage("before");
port1.postMessage({ list: [1, 2] });
port2.postMessage("the other way");
const worker = new Worker(`
  const { parentPort, receiveMessageOnPort } = require("worker_threads");
  parentPort.once("message", ({ first, second }) => {
    console.log(receiveMessageOnPort(second), receiveMessageOnPort(second), receiveMessageOnPort(second));
    first.on("message", (message) => {
      parentPort.postMessage(message);
      if (message === "last") first.close();
    });
    second.on("close", () => parentPort.postMessage("closed"));
    second.postMessage("last");
  });`, { eval: true });
worker.on("message", (message) => console.log(message));
worker.postMessage({ first: port1, second: port2 }, [port1, port2]);
await new Promise((resolve) => worker.on("exit", resolve));

const forward = `const { parentPort } = require("worker_threads"); parentPort.once("message", (message) => parentPort.postMessage(message, [message.port]));`;
const chain = new MessageChannel();
let current = chain.port2;
chain.port1.postMessage("queued");
for (let i = 0; i < 3; i++) {
  const next = new Worker(forward, { eval: true });
  next.postMessage({ port: current }, [current]);
  ({ port: current } = await new Promise((resolve) => next.once("message", resolve)));
  await new Promise((resolve) => next.on("exit", resolve));
}
chain.port1.on("message", (message) => {
  console.log(message);
  chain.port1.close();
});
current.on("message", (message) => {
  console.log(message);
  current.postMessage("reply");
});
await new Promise((resolve) => current.on("close", resolve));
console.log("over");
