// Channels of one name meet across threads.
import { BroadcastChannel, Worker } from "node:worker_threads";

const source = `
  const { BroadcastChannel, workerData: id } = require("worker_threads");
  const channel = new BroadcastChannel("hall");
  channel.onmessage = ({ data }) => {
    if (data.word === "stop") channel.close();
    else if (data.word === "hello") channel.postMessage({ from: id, sum: data.numbers[0] + data.numbers[1], shared: Atomics.add(new Int32Array(data.memory), 0, id) >= 0 });
  };
  channel.postMessage({ ready: id });
`;
const [hall, second, elsewhere] = ["hall", "hall", "elsewhere"].map((name) => new BroadcastChannel(name));
const heard = { hall: [], second: [] };
elsewhere.onmessage = () => console.log("not meant");
second.onmessage = ({ data }) => heard.second.push(JSON.stringify(data));
const memory = new SharedArrayBuffer(4);
let [ready, answers] = [0, 0];
hall.onmessage = ({ data }) => {
  heard.hall.push(JSON.stringify(data));
  if (data.ready && ++ready === 3) hall.postMessage({ word: "hello", numbers: [20, 22], memory });
  if (data.from && ++answers === 3) hall.postMessage({ word: "stop" });
};
const workers = [1, 2, 3].map((workerData) => new Worker(source, { eval: true, workerData }));
console.log(await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on("exit", resolve)))));
setTimeout(() => {
  for (const channel of [hall, second, elsewhere]) channel.close();
  console.log(heard.hall.sort());
  console.log(heard.second.sort(), new Int32Array(memory)[0]);
  try {
    hall.postMessage(1);
  } catch (error) {
    console.log(error.name, error.message);
  }
}, 50);
