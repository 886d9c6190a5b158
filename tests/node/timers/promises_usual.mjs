// Sleeping, giving up, repeating.
import { setTimeout as sleep, setInterval as every, setImmediate as soon } from "node:timers/promises";
const start = Date.now();
await sleep(20);
console.log(Date.now() - start >= 19);
console.log(await Promise.race([sleep(5, "fast"), sleep(50, "slow")]), await soon("soon"));
const give = (promise, ms) => {
  const stop = new AbortController();
  return Promise.race([
    promise,
    sleep(ms, undefined, { signal: stop.signal }).then(() => {
      throw new Error("gave up");
    }),
  ]).finally(() => stop.abort());
};
console.log(await give(sleep(1, "in time"), 1000), await give(sleep(100), 5).catch((error) => error.message));
let rounds = 0;
for await (const value of every(2, "again"))
  if (++rounds >= 3) {
    console.log(value, rounds);
    break;
  }
const results = [];
await Promise.all(
  [30, 10, 20].map(async (ms) => {
    await sleep(ms);
    results.push(ms);
  }),
);
console.log(results);
async function retry(f, times) {
  for (let i = 1; ; i++)
    try {
      return await f(i);
    } catch (error) {
      if (i === times) throw error;
      await sleep(1);
    }
}
console.log(
  await retry(async (i) => {
    if (i < 3) throw new Error(`try ${i}`);
    return `worked at ${i}`;
  }, 5),
  await retry(async () => {
    throw new Error("always");
  }, 2).catch((error) => error.message),
);
