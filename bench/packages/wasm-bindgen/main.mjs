// Rust behind wasm-bindgen, which waits for promises (JSPI): deep in a recursion, two calls at once on one stack of Rust's,
// for one that is rejected; classes, closures and texts.

import * as program from "./out/bindgen.js";

console.log("deep", await program.deep(60));
console.log("two", await Promise.all([program.walk("a", 5), program.walk("b", 5)]));
console.log("order", globalThis.order.join(" "));
console.log(await program.greet("wörld"));
console.log(await program.caught());

const counter = new program.Counter(40);
console.log("counter", counter.add(1), counter.add(1), counter.count);
counter.free();
console.log("sum", program.sum(new Float64Array([1, 2.5, 3]), (value) => value * 2));
try {
  program.sum(new Float64Array([1]), () => { throw new TypeError("from JavaScript"); });
} catch (error) {
  console.log(String(error));
}
try {
  counter.add(1);
} catch (error) {
  console.log(error.constructor.name, error.message);
}
console.log(program.reversed("stressed 🌍"), JSON.stringify(program.reversed("a".repeat(10000))).length);
