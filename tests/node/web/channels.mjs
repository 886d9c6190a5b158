// MessageChannel: order, ports that are handed over, closing, errors; BroadcastChannel; receiveMessageOnPort.
import { MessageChannel, receiveMessageOnPort, MessagePort } from "node:worker_threads";
const { port1, port2 } = new MessageChannel();
const log = [];
port2.on("message", (value) => log.push(value));

port1.postMessage(1);
port1.postMessage({ a: [2] });
port1.postMessage(new Map([[3, 4]]));
queueMicrotask(() => console.log("job before", log.length));
await new Promise((done) => setTimeout(done, 60));
console.log(log.length <= 3);
const inner = new MessageChannel();
inner.port2.on("message", (value) => {
  console.log("inner", value);
  inner.port2.close();
});
port2.on("message", (value) => value.port?.postMessage("through"));
port1.postMessage({ port: inner.port1 }, [inner.port1]);
await new Promise((done) => setTimeout(done, 60));
const buffer = new ArrayBuffer(4);
port1.postMessage(buffer, { transfer: [buffer] });
console.log(buffer.byteLength);
for (const bad of [() => 1, Symbol("x")])
  try {
    port1.postMessage(bad);
  } catch (error) {
    console.log(error.name, error.code);
  }
try {
  port1.postMessage();
} catch (error) {
  console.log(error.name, error.code);
}
try {
  port1.postMessage({ port1 }, [port1]);
} catch (error) {
  console.log(error.name, error.code);
}
const quiet = new MessageChannel();
quiet.port1.postMessage("kept");
quiet.port1.postMessage("second");
console.log(receiveMessageOnPort(quiet.port2), receiveMessageOnPort(quiet.port2), receiveMessageOnPort(quiet.port2));
quiet.port2.onmessage = (event) => {
  console.log("onmessage", event.data, event.target === quiet.port2, event.constructor.name);
  quiet.port2.close();
};
quiet.port1.postMessage("event");
await new Promise((done) => setTimeout(done, 60));
port2.removeAllListeners?.();
port1.removeAllListeners?.();
port1.close();
console.log(port1 instanceof MessagePort, port1 instanceof EventTarget, port1.hasRef?.());
