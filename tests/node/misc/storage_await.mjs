// What AsyncLocalStorage keeps, behind `await` of all kinds.
import { AsyncLocalStorage } from "node:async_hooks";
const store = new AsyncLocalStorage();
const say = (name) => console.log(name, store.getStore());
const sleep = (ms, value) => new Promise((done) => setTimeout(done, ms, value));
const fail = (ms) => new Promise((_, fail) => setTimeout(() => fail(new Error("late")), ms));
const tried = async (name, f) => {
  try { await f(); say(`${name} ended`); } catch (error) { say(`${name} failed ${error.message ?? error}`); }
};

// A thenable of each kind: fulfilled or rejected, at once, in a job, by a timer, by throwing, by another promise.
const thenables = {
  now: { then(done) { say("then of now"); done(1); } },
  job: { then(done) { queueMicrotask(() => done(2)); } },
  later: { then(done) { setTimeout(done, 3, 3); } },
  refuses: { then(_, fail) { fail(new Error("refused")); } },
  throws: { then() { throw new Error("thrown"); } },
  refusesLater: { then(_, fail) { setTimeout(() => fail(new Error("refused later")), 2); } },
  delegates: { then(done, fail) { return sleep(1, 4).then(done, fail); } },
  delegatesFailure: { then(done, fail) { return fail_(1).then(done, fail); } },
  nested: { then(done) { done({ then(inner) { say("inner then"); inner(5); } }); } },
};
function fail_(ms) { return fail(ms); }
class Sub extends Promise {}

async function all(id) {
  await null;
  say("null");
  await 5;
  await Promise.resolve();
  say("settled");
  await sleep(2);
  say("sleep");
  await tried("rejected", () => Promise.reject(new Error("now")));
  await tried("rejected later", () => fail(1));
  for (const [name, thenable] of Object.entries(thenables)) {
    try { console.log(await thenable); } catch (error) { say(`${name} failed ${error.message}`); }
    say(name);
  }
  await new Sub((done) => setTimeout(done, 1));
  say("subclass");
  try { await new Sub((_, fail) => setTimeout(() => fail(new Error("sub")), 1)); } catch { say("subclass failed"); }
  await Promise.all([sleep(1), 2, thenables.now]);
  say("all");
  await Promise.race([sleep(1), fail(5)]);
  say("race");
  await Promise.allSettled([fail(1), sleep(1)]);
  say("allSettled");
  try { await Promise.any([fail(1), fail(2)]); } catch { say("any"); }
  for await (const value of [1, sleep(1, 2)]) say(`for await ${value}`);
  async function* generate() { say("begun"); yield 1; await sleep(1); say("in generator"); yield 2; }
  for await (const value of generate()) say(`generated ${value}`);
  const nested = await store.run(`${id} inner`, async () => { await sleep(1); say("nested"); return store.getStore(); });
  console.log(nested);
  say("after nested");
  store.enterWith(`${id} entered`);
  await sleep(1);
  say("entered");
  await import("node:os");
  say("import");
}
await store.run("one", all, "one");
say("top");
let line = [];
await Promise.all(Array.from({ length: 40 }, (_, i) => store.run(i, async () => {
  for (let round = 0; round < 10; round++) {
    await (round % 3 === 0 ? sleep(i % 4) : round % 3 === 1 ? null : Promise.resolve());
    if (store.getStore() !== i) line.push([i, round, store.getStore()]);
  }
})));
console.log("mixed up", line);
