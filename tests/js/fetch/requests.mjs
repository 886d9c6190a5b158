import { test, run, same, list, holds, rejects, later } from "../harness.mjs";

// `port` is that of the server in `crates/host/tests/fetch.rs`.
const at = (path) => `http://127.0.0.1:${globalThis.port}${path}`;

test("a body, its headers, its address", async () => {
  const response = await fetch(at("/text"));
  list([response.status, response.statusText, response.ok, response.url, response.redirected], [200, "OK", true, at("/text"), false]);
  list([response.headers.get("content-type"), await response.text()], ["text/plain", "hello"]);
});

test("what is sent arrives", async () => {
  const response = await fetch(at("/echo"), { method: "POST", body: new Blob(["däta"], { type: "x/y" }), headers: { "X-Name": "a" } });
  const { method, type, name, body } = await response.json();
  list([method, type, name, body], ["POST", "x/y", "a", "däta"]);
});

test("redirections", async () => {
  const response = await fetch(at("/redirect"), { method: "POST", body: "x" });
  list([response.redirected, response.url, await response.text()], [true, at("/text"), "hello"]);
  same((await fetch(at("/redirect"), { redirect: "manual" })).status, 302);
  await rejects(TypeError, fetch(at("/redirect"), { redirect: "error" }));
  await rejects(TypeError, fetch(at("/loop")));
});

test("a long body comes in pieces, and need not be read to its end", async () => {
  let length = 0;
  for await (const chunk of (await fetch(at("/long"))).body) length += chunk.length;
  same(length, 3000000);
  for await (const chunk of (await fetch(at("/long"))).body) break;
});

test("an abort ends a request that waits, and a body that comes", async () => {
  const controller = new AbortController();
  const waiting = fetch(at("/never"), { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await rejects(DOMException, waiting);
  const second = new AbortController();
  const { body } = await fetch(at("/long"), { signal: second.signal });
  const reader = body.getReader();
  await reader.read();
  second.abort("enough");
  try {
    for (;;) if ((await reader.read()).done) throw new Error("it ended");
  } catch (reason) {
    same(reason, "enough");
  }
});

test("a server that is not there", async () => {
  const error = await rejects(TypeError, fetch("http://127.0.0.1:1/"));
  holds(error.cause instanceof Error);
});

test("many at a time", async () => {
  let sum = 0;
  for (let round = 0; round < 5; round++) {
    const all = await Promise.all(Array.from({ length: 50 }, () => fetch(at("/text"))));
    for (const response of all) sum += (await response.text()).length;
  }
  same(sum, 5 * 50 * 5);
  await later();
});

await run();
