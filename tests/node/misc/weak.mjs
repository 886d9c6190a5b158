// The object of a `WeakRef` stays until the job is over.
const made = new WeakRef({ a: 1 });
console.log(made.deref()?.a, made.deref()?.a);
await null;
function make() {
  return new WeakRef([1, 2]);
}
const second = make();
let sum = 0;
for (let i = 0; i < 1000; i++) sum += second.deref().length;
console.log(sum, second instanceof WeakRef, WeakRef.name, WeakRef.length, WeakRef.prototype.constructor === WeakRef, Object.prototype.toString.call(second));
class Own extends WeakRef {}
console.log(new Own({ b: 2 }).deref().b);
for (const call of [() => new WeakRef(1), () => WeakRef({}), () => WeakRef.prototype.deref.call({})]) {
  try {
    call();
  } catch (error) {
    console.log(error.name);
  }
}
