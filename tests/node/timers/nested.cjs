// Timers that start timers, and clear themselves and each other.
let depth = 0;
const nest = () => {
  if (++depth < 5) setTimeout(nest, 1);
  else console.log("depth", depth);
};
nest();
const self = setTimeout(() => {
  clearTimeout(self);
  console.log("self");
}, 60);
const first = setTimeout(() => {
  console.log("first clears second");
  clearTimeout(second);
}, 90);
const second = setTimeout(() => console.log("never"), 90);
const image = setImmediate(() => console.log("never"));
clearImmediate(image);
const interval = setInterval(() => {
  console.log("interval once");
  interval.close?.() ?? clearInterval(interval);
  clearInterval(interval);
}, 120);
setTimeout(() => {
  throw new Error("thrown in a timer");
}, 190);
process.on("uncaughtException", (error) => console.log(error.message));
setTimeout(() => console.log("goes on"), 230);
