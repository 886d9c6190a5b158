// Headers and requests as programs use them.
const h = new Headers({ "Content-Type": "text/plain", Accept: "a" });
h.append("accept", "b");
h.set("X-One", " padded ");
h.append("Set-Cookie", "a=1");
h.append("Set-Cookie", "b=2; Path=/");
console.log([...h.entries()], h.get("ACCEPT"), h.getSetCookie(), h.has("x-one"), h.get("x-one"));
h.delete("Accept");
console.log(
  [...h.keys()],
  new Headers(h).get("content-type"),
  new Headers([["k", "v"]]).get("K"),
  new Headers(undefined).get("x"),
);
const request = new Request("https://example.com/path?q=1", {
  method: "PUT",
  headers: h,
  body: JSON.stringify({ a: 1 }),
});
console.log(
  request.method,
  request.url,
  request.headers.get("x-one"),
  request.headers.get("content-type"),
  await request.clone().json(),
  request.bodyUsed,
  await request.text(),
  request.bodyUsed,
);
const copy = new Request(new Request("http://a/", { headers: { x: "1" } }), { method: "DELETE" });
console.log(copy.method, copy.headers.get("x"), copy.url);
const response = new Response("{}", { status: 418, headers: { "x-y": "z" } });
console.log(response.status, response.ok, response.statusText, [...response.headers], await response.json());
for (const make of [
  () => new Headers({ "bad name": "x" }),
  () => new Request(""),
  () => new Response("", { status: 99 }),
  () => new Request("http://a/", { method: "TRACE" }),
])
  try {
    make();
    console.log("made");
  } catch (error) {
    console.log(error.name);
  }
