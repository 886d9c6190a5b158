// Measures a program inside V8: node v8.mjs PROGRAM.wasm ROUNDS. Prints milliseconds for each round, and the
// answer.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [file, count] = process.argv.slice(2);
const rounds = Number(count);
const { instance } = await WebAssembly.instantiate(readFileSync(file));
const { run } = instance.exports;
let answer;

function time(rounds) {
  const start = performance.now();
  answer = run(rounds);
  return performance.now() - start;
}

// What is called once goes on in baseline code however long it loops: let the optimizing compiler, which
// works in the background, see the program and finish before the run that counts.
for (let i = 0; i < 3; i++) {
  run(Math.ceil(rounds / 10));
  await sleep(30);
}
const one = time(1);
console.log((time(rounds) - one) / (rounds - 1), answer);
