// What setTimeout gives: ref, unref, refresh, close, primitives, bad arguments.
const timers = require("timers");
const { show } = require("../show.js");
const t = setTimeout(() => console.log("never"), 5000);
console.log(
  t.hasRef(),
  t.unref() === t,
  t.hasRef(),
  t.ref() === t,
  typeof +t,
  t[Symbol.toPrimitive]() === +t,
  t.constructor.name,
  t.close() === t,
);
show("callback", () => setTimeout("text", 1));
show("callback none", () => setInterval());
show("immediate", () => setImmediate(5));
show("tick", () => process.nextTick(5));
const byNumber = setTimeout(() => console.log("never"), 3);
clearTimeout(+byNumber);
const byText = setTimeout(() => console.log("never"), 3);
clearTimeout(String(+byText));
clearInterval(setTimeout(() => console.log("never")));
let n = 0;
const every = setInterval(
  (...args) => {
    console.log("every", args);
    if (++n === 2) clearInterval(every);
  },
  14,
  "a",
  "b",
);
setTimeout((...args) => console.log("args", args), 50, 1, 2, 3);
setImmediate((...args) => console.log("immediate", args.length), "x");
const fresh = setTimeout(() => console.log("refreshed"), 100);
setTimeout(() => {
  fresh.refresh();
  setTimeout(() => console.log("before refreshed"), 30);
}, 60);
const i = setImmediate(() => console.log("never"));
clearImmediate(i);
i.ref();
{
  using scoped = setTimeout(() => console.log("never"), 1);
  console.log(typeof scoped[Symbol.dispose]);
}
setTimeout(function () {
  console.log(this === again, this.hasRef());
}, 4);
const again = {};
setInterval(() => {}, 1000).unref();
