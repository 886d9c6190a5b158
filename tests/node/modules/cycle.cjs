const a = require("./lib/cycle-a.cjs");
console.log(a.done, a.b.done, a.b.seen);
