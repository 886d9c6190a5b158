// Ports that go from thread to thread, also on to a third; messages that wait go along; ends are told.
import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads";
import { once } from "node:events";
const make = (text) => {
  const worker = new Worker(`const { parentPort, workerData, receiveMessageOnPort, MessageChannel } = require("node:worker_threads"); ${text}`, { eval: true });
  worker.on("error", (error) => console.log("error", error));
  worker.exited = once(worker, "exit");
  return worker;
};
// Two workers talk without the main thread.
const first = make("parentPort.once('message', (port) => { port.on('message', (m) => { parentPort.postMessage('first got ' + m); port.close() }); port.postMessage('hello') })");
const second = make("parentPort.once('message', (port) => port.on('message', (m) => { parentPort.postMessage('second got ' + m); port.postMessage('answer') }))");
const direct = new MessageChannel();
first.postMessage(direct.port1, [direct.port1]);
second.postMessage(direct.port2, [direct.port2]);
const [[a], [b]] = await Promise.all([once(first, "message"), once(second, "message")]);
console.log(a, b);
await Promise.all([first.exited, second.exited]);
// What waits goes along, in order, also over two hops.
const through = make("parentPort.once('message', ({ port, to }) => to.postMessage(port, [port]))");
const relay = new MessageChannel(), target = new MessageChannel();
relay.port1.postMessage(1);
relay.port1.postMessage({ two: 2 });
through.postMessage({ port: relay.port2, to: target.port2 }, [relay.port2, target.port2]);
const [arrived] = await once(target.port1, "message");
relay.port1.postMessage(3);
const got = [];
arrived.on("message", (m) => { got.push(m); if (m === 3) arrived.postMessage("back"); });
console.log(await once(relay.port1, "message").then(([m]) => m), got);
relay.port1.ref();
const closed = once(relay.port1, "close");
arrived.close();
await closed;
target.port1.close();
console.log("closed");
// Without events.
await through.exited;
const asked = make("parentPort.once('message', ({ port, flag }) => { port.postMessage('one'); port.postMessage('two'); Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); })");
const flag = new Int32Array(new SharedArrayBuffer(4)), sync = new MessageChannel();
asked.postMessage({ port: sync.port2, flag }, [sync.port2]);
Atomics.wait(flag, 0, 0);
console.log(receiveMessageOnPort(sync.port1), receiveMessageOnPort(sync.port1), receiveMessageOnPort(sync.port1));
// The end of a worker closes its ports.
const dies = make("parentPort.once('message', (port) => { port.postMessage('last words'); setTimeout(() => process.exit(0), 5) })");
const last = new MessageChannel();
last.port1.on("message", (m) => console.log(m));
dies.postMessage(last.port2, [last.port2]);
await once(last.port1, "close");
console.log("told");
try { first.postMessage(direct.port1, [direct.port1]); } catch (error) { console.log(error.name, error.code); }
const own = new MessageChannel();
try { own.port1.postMessage(own.port1, [own.port1]); } catch (error) { console.log(error.name, error.code); }
