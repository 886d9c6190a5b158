// ONNX Runtime, the build with JSPI: a small model that is made here, several runs at once, what it says of a wrong one.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-web/jspi";
import { model } from "./model.mjs";

const file = (name) => fileURLToPath(import.meta.resolve(`onnxruntime-web/${name}`));
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(file("ort-wasm-simd-threaded.jspi.wasm"));

const [rows, width, classes] = [16, 64, 8];
const session = await ort.InferenceSession.create(model(rows, width, classes), { executionProviders: ["wasm"] });
console.log(session.inputNames, session.outputNames);

const input = (seed) => new ort.Tensor("float32", Float32Array.from({ length: rows * width }, (_, i) => Math.fround(((i * seed) % 101) / 101)), [rows, width]);
const { y } = await session.run({ x: input(7) });
console.log(y.type, y.dims, Array.from(y.data.subarray(0, classes), (value) => value.toFixed(4)).join(" "));

const results = [];
for (const seed of [3, 5, 11]) results.push((await session.run({ x: input(seed) })).y);
console.log(results.map(({ data }) => data.reduce((sum, value, i) => sum + value * (i % 7), 0).toFixed(3)));

try {
  await session.run({ x: new ort.Tensor("float32", new Float32Array(4), [2, 2]) });
} catch (error) {
  console.log(error.constructor.name, error.message.includes("invalid dimensions"));
}
try {
  await ort.InferenceSession.create(Uint8Array.of(1, 2, 3, 4));
} catch (error) {
  console.log(error.message);
}
await session.release();
