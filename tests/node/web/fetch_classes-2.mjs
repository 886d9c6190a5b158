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
headers.append("A", "2");
headers.set("b", "only");
headers.delete("set-cookie");
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
  Response.error().type,
  Response.error().status,
  Response.redirect("http://a/", 301).headers.get("location"),
  name(() => Response.redirect("http://a/", 200)),
  name(() => new Response("x", { status: 204 })),
  name(() => new Response(null, { status: 199 })),
  name(() => Response.json(undefined)),
);
await wait("bodies", async () =>
  Promise.all([
    new Response(new URLSearchParams("a=1 2")).text(),
    new Response(new Blob(["b"])).text(),
    new Response(new Uint8Array([99])).text(),
    new Response().text(),
    new Response("é").bytes(),
    new Response(ReadableStream.from([new Uint8Array([100])])).text(),
  ]),
);
const form = new FormData();
form.append("a", "1");
form.append("a", "2");
form.set("f", new Blob(["file"], { type: "t/x" }), "n.txt");
form.append("u", undefined);
console.log(
  [...form].map(([key, value]) => [key, value instanceof File ? [value.name, value.type, value.size] : value]),
  form.getAll("a"),
  form.has("x"),
  form.get("x"),
);
await wait("form", async () => {
  const r = new Response(form);
  const type = r.headers.get("content-type");
  const other = await r.formData();
  return [
    /^multipart\/form-data; boundary=/.test(type),
    [...other.keys()],
    await other.get("f").text(),
    other.get("f").name,
  ];
});
form.delete("a");
