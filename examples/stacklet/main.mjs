// The first prong of the two-pronged roadmap (Stack Subgroup, 2021-05-03) as a program: the four rules of
// `instantiateAsync`, and the question that was left for later.
//
// Prints:
//   rule 1: it succeeds where instantiate does
//   rule 2: numbers at hand, a value: 15
//   rule 2: a number to come, a promise: 15
//   rule 3: JavaScript runs while the call waits; others come and go: half of 8 is 4
//   rule 3: a trap comes to its caller: RuntimeError; the call still waits
//   rule 3: it ends: 15
//   rule 4: loaded on the caller's stack, where it waits, too: 30
//   rule 4: on another stacklet: TypeError
//   question: on a stack that WebAssembly made: idle, suspended, idle: 15
//   question: the stack counted its calls: 1

import { readFileSync } from "node:fs";
import { Stacklet, instantiateAsync } from "bident:stacklet";

// Each .wasm is its .wat in binary; a test keeps the two the same.
const compile = (name) => new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, import.meta.url)));
const app = compile("app");

const later = (value) => new Promise((resolve) => setTimeout(resolve, 5, value));
const kind = (answer) => (answer instanceof Promise ? "a promise" : "a value");

// Numbers at hand, or promises of them; 0 at the end.
let numbers = [];
const next = () => numbers.shift() ?? 0;

// Rule 1: nothing but the name changes.
const load = () => {};
await WebAssembly.instantiate(app, { host: { next, load } });
const { sum, half } = (await instantiateAsync(app, { host: { next, load } })).exports;
console.log("rule 1: it succeeds where instantiate does");

// Rule 2: an import may return a promise, although its type is i32; then so does the export.
numbers = [1, 2, 3, 4, 5];
let answer = sum();
console.log(`rule 2: numbers at hand, ${kind(answer)}: ${answer}`);
numbers = [1, 2, later(3), 4, 5];
answer = sum();
console.log(`rule 2: a number to come, ${kind(answer)}: ${await answer}`);

// Rule 3: the import has left the call's stacklet before it runs, so the call alone waits.
numbers = [7, later(8)];
answer = sum();
console.log(`rule 3: JavaScript runs while the call waits; others come and go: half of 8 is ${half(8, 2)}`);
try {
  half(8, 0);
} catch (error) {
  console.log(`rule 3: a trap comes to its caller: ${error.name}; the call still waits`);
}
console.log(`rule 3: it ends: ${await answer}`);

// Rule 4: a module that is loaded late shares the stacklet. The load is one wait of `report`; what the late
// module calls, directly, waits in the same call.
const stacklet = new Stacklet();
async function loadLate() {
  const late = await later(compile("late"));
  await instantiateAsync(late, {}, stacklet, { app: first });
}
const first = (await instantiateAsync(app, { host: { next, load: loadLate } }, stacklet)).exports;
numbers = [later(7), 8];
console.log(`rule 4: loaded on the caller's stack, where it waits, too: ${await first.report()}`);
const elsewhere = instantiateAsync(compile("late"), {}, new Stacklet(), { app: first });
await elsewhere.catch((error) => console.log(`rule 4: on another stacklet: ${error.name}`));

// The question: can the stacklet be a stack that WebAssembly made, with the second prong?
const { make, idle, calls } = new WebAssembly.Instance(compile("stack")).exports;
const made = Stacklet.from(make, idle);
const served = (await instantiateAsync(app, { host: { next, load } }, made)).exports;
const states = [made.state];
numbers = [later(7), 8];
answer = served.sum();
states.push(made.state);
const total = await answer;
states.push(made.state);
console.log(`question: on a stack that WebAssembly made: ${states.join(", ")}: ${total}`);
console.log(`question: the stack counted its calls: ${calls.value}`);
