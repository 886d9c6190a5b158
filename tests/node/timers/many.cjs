// Timers of the same and of different times keep their order.
const log = [];
for (const [name, ms] of [
  ["b", 5],
  ["a", 1],
  ["c", 5],
  ["e", 30],
  ["d", 20],
])
  setTimeout(() => log.push(name), ms);
const cancelled = setTimeout(() => log.push("never"), 3);
clearTimeout(cancelled);
let n = 0;
const every = setInterval(() => {
  log.push(`i${++n}`);
  if (n === 3) clearInterval(every);
}, 60);
setTimeout(() => {
  clearTimeout(later);
  log.push("cleared");
}, 40);
const later = setTimeout(() => log.push("never"), 300);
setTimeout(() => console.log(log.join(" ")), 400);
setTimeout(
  function (...args) {
    log.push(args.length + typeof this);
  },
  2,
  1,
  2,
);
