import { setTimeout as sleep, setImmediate as soon, setInterval as every } from "node:timers/promises";
console.log(await sleep(1, "slept"), await soon("soon"));
let count = 0;
for await (const value of every(1, "tick")) { console.log(value); if (++count === 3) break; }
console.log("over");
