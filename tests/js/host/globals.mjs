import { test, run, same, list, holds, throws } from "../harness.mjs";

test("performance", () => {
  const before = performance.now();
  holds(before >= 0 && performance.now() >= before);
  holds(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000);
});

test("text", () => {
  list([...new TextEncoder().encode("é€")], [195, 169, 226, 130, 172]);
  same(new TextDecoder().decode(new Uint8Array([226, 130, 172])), "€");
});

test("URL", () => {
  const url = new URL("../b?c=1#d", "http://example.org/x/y/z");
  same(url.href, "http://example.org/x/b?c=1#d");
  same(url.searchParams.get("c"), "1");
  same(new URLSearchParams({ a: "1 2" }).toString(), "a=1+2");
  throws(TypeError, () => new URL("nonsense"));
});

test("crypto", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(64));
  holds(bytes.some((b) => b !== bytes[0]));
  const words = new Uint32Array(new ArrayBuffer(20), 4, 2);
  same(crypto.getRandomValues(words), words);
  same(throws(DOMException, () => crypto.getRandomValues(new Uint8Array(65537))).name, "QuotaExceededError");
  same(throws(DOMException, () => crypto.getRandomValues(new Float64Array(1))).name, "TypeMismatchError");
  holds(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
});

test("structuredClone", () => {
  const copy = structuredClone({ a: [1, { b: 2n }], d: new Date(5) });
  same(copy.a[1].b, 2n);
  same(copy.d.getTime(), 5);
});

test("names that come into being late look like the others", () => {
  const { enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, "Blob");
  same(enumerable, false);
  same(configurable, true);
  holds(new Blob(["a"]) instanceof Blob);
  globalThis.atob = "mine";
  same(globalThis.atob, "mine");
});

await run();
