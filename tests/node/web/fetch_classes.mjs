// Headers, Request, Response, FormData.
import shown from "../show.js";
const { wait } = shown;
const name = (make) => {
  try {
    return make();
  } catch (error) {
    return error.name;
  }
};
const headers = new Headers([
  ["B", " two "],
  ["a", "1"],
  ["b", "three"],
  ["Set-Cookie", "x=1"],
  ["set-cookie", "y=2"],
]);
console.log([...headers], headers.get("B"), headers.has("none"), headers.get("none"), headers.getSetCookie());
headers.append("A", "2");
headers.set("b", "only");
headers.delete("set-cookie");
console.log(Object.fromEntries(headers), [...headers.keys()]);
console.log(
  name(() => new Headers({ "a b": "x" })),
  name(() => headers.set("a", "x\ny")),
  name(() => new Headers([["a"]])),
  name(() => new Headers(5)),
  name(() => headers.get("é")),
);
const request = new Request("http://a/b?c#d", {
  method: "post",
  body: "text",
  headers: { X: "y" },
  redirect: "error",
  cache: "no-store",
  credentials: "omit",
  keepalive: true,
});
console.log(
  request.method,
  request.url,
  request.headers.get("content-type"),
  request.redirect,
  request.cache,
  request.credentials,
  request.mode,
  request.bodyUsed,
  request.keepalive,
  request.signal.aborted,
);
await wait("clone", async () => {
  const other = request.clone();
  return [
    await request.text(),
    request.bodyUsed,
    await other.text(),
    await request.text().catch((error) => error.name),
  ];
});
console.log(
  name(() => new Request("nope")),
  name(() => new Request("http://u:p@a/")),
  name(() => new Request("http://a", { method: "CONNECT" })),
  name(() => new Request("http://a", { body: "x" })),
  name(() => new Request("http://a", { method: "a b" })),
);
await wait("response", async () => {
  const r = new Response("body", { status: 201, statusText: "Made", headers: { "X-A": "1" } });
  return [r.status, r.ok, r.statusText, r.type, r.url, r.headers.get("content-type"), await r.text()];
});
await wait("json", async () => {
  const r = Response.json({ a: 1 }, { status: 202 });
  return [r.status, r.headers.get("content-type"), await r.json()];
});
const form = new FormData();
form.append("a", "1");
form.append("a", "2");
form.set("f", new Blob(["file"], { type: "t/x" }), "n.txt");
form.append("u", undefined);
form.delete("a");
