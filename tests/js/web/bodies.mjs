import { test, run, same, list, holds, throws, rejects } from "../harness.mjs";

test("labels, ranges and absent arguments", () => {
  same(new TextDecoder(undefined, undefined).decode(), "");
  same(new TextDecoder("latin1").encoding, "windows-1252");
  same(new TextDecoder(" SJIS ").decode(new Uint8Array([0x83, 0x65])), "テ");
  const buffer = new Uint8Array([97, 98, 99]).buffer;
  same(new TextDecoder().decode(new DataView(buffer, 1, 1)), "b");
  same(new TextDecoder().decode(new Uint8Array(buffer, 2)), "c");
  throws(TypeError, () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])));
  throws(RangeError, () => new TextDecoder("nonsense"));
  throws(RangeError, () => new TextDecoder("iso-2022-kr"));
  same(new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])), "\ufeffa");
  const pieces = new TextDecoder();
  same(pieces.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + pieces.decode(new Uint8Array([0xac])), "€");
  list([...new TextEncoder().encode("\ud800")], [0xef, 0xbf, 0xbd]);
  const { read, written } = new TextEncoder().encodeInto("a😀b", new Uint8Array(4));
  list([read, written], [1, 1]);
});

test("Blob and File", async () => {
  const blob = new Blob(["ab", new Uint8Array([99, 100]).subarray(1), new Blob(["e\r\nf"])], { type: "Text/Plain", endings: "native" });
  list([blob.size, blob.type, await blob.text()], [7, "text/plain", "abde\r\nf"]);
  same(await blob.slice(-3, -1).text(), "\r\n");
  same(await new Blob(["a\r\nb\r"], { endings: "native" }).text(), "a\nb\n");
  const file = structuredClone(new File(["x"], "n\ud800", { lastModified: 3 }));
  list([file.name, file.lastModified, await file.text(), file instanceof File], ["n\ufffd", 3, "x", true]);
  throws(TypeError, () => new Blob("text"));
});

test("Headers", () => {
  const headers = new Headers([["b", " 1 "], ["A", "2"], ["b", "3"], ["Set-Cookie", "x"], ["set-cookie", "y"]]);
  list([...headers].map(String), ["a,2", "b,1, 3", "set-cookie,x", "set-cookie,y"]);
  same(headers.get("B"), "1, 3");
  throws(TypeError, () => headers.append("a b", "1"));
  throws(TypeError, () => headers.append("a", "1\n2"));
});

test("Request and Response", async () => {
  const request = new Request("http://example.org/a", { method: "post", body: new URLSearchParams({ a: "1 2" }) });
  list([request.method, request.headers.get("content-type"), request.bodyUsed], ["POST", "application/x-www-form-urlencoded;charset=UTF-8", false]);
  same((await request.clone().formData()).get("a"), "1 2");
  same(await request.text(), "a=1+2");
  same(request.bodyUsed, true);
  await rejects(TypeError, request.text());
  throws(TypeError, () => new Request("relative"));
  throws(TypeError, () => new Request("http://a/", { body: "x" }));
  const response = Response.json({ a: 1 }, { status: 201 });
  list([response.ok, response.status, response.headers.get("content-type"), (await response.json()).a], [true, 201, "application/json", 1]);
  throws(RangeError, () => new Response("", { status: 99 }));
  const streamed = new Response(ReadableStream.from([new Uint8Array([104, 105])]));
  same(await streamed.text(), "hi");
});

test("FormData there and back", async () => {
  const form = new FormData();
  form.append("a", "1\n2");
  form.append('q"', new Blob(["x"], { type: "text/x" }), "f.txt");
  const back = await new Response(form).formData();
  same(back.get("a"), "1\r\n2");
  const file = back.get('q"');
  list([file.name, file.type, await file.text()], ["f.txt", "text/x", "x"]);
});

test("fetch of data:", async () => {
  const response = await fetch("data:text/plain;charset=utf-8;base64,aMOp");
  list([response.headers.get("content-type"), await response.text()], ["text/plain;charset=utf-8", "hé"]);
  same(await (await fetch("data:,a%20b")).text(), "a b");
  await rejects(TypeError, fetch("data:x"));
  await rejects(TypeError, fetch("nonsense"));
  await rejects(DOMException, fetch("data:,", { signal: AbortSignal.abort() }));
});

test("WebAssembly out of a Response", async () => {
  const bytes = wat('(module (func (export "f") (result i32) i32.const 7))');
  const response = new Response(bytes, { headers: { "content-type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(response);
  same(instance.exports.f(), 7);
  await rejects(TypeError, WebAssembly.compileStreaming(new Response(bytes)));
});

test("URL", () => {
  const url = new URL("http://h/?a=1");
  const keys = [];
  for (const [key] of url.searchParams) {
    keys.push(key);
    if (keys.length < 3) url.searchParams.append(`k${keys.length}`, "");
  }
  list(keys, ["a", "k1", "k2"]);
  same(url.search, "?a=1&k1=&k2=");
  same(new URLSearchParams("a=\ud800").get("a"), "\ufffd");
  same(URL.parse("x:y", undefined).protocol, "x:");
  throws(TypeError, () => new URLSearchParams([["a"]]));
});

test("URLPattern", () => {
  const pattern = new URLPattern("https://*.example.com/:kind/:id(\\d+)\\?q=*");
  list([pattern.hostname, pattern.pathname, pattern.port, pattern.hasRegExpGroups], ["*.example.com", "/:kind/:id(\\d+)", "", true]);
  const found = pattern.exec("https://a.example.com/books/12?q=x#y");
  list([found.hostname.groups[0], found.pathname.groups.kind, found.pathname.groups.id, found.search.groups[0]], ["a", "books", "12", "x"]);
  same(pattern.test("https://a.example.com/books/x?q=x"), false);
  const optional = new URLPattern({ pathname: "/a{/:b}?" });
  list([optional.test({ pathname: "/a" }), optional.exec({ pathname: "/a/c" }).pathname.groups.b], [true, "c"]);
  same(new URLPattern({ pathname: "/É" }, { ignoreCase: true }).pathname, "/%C3%89");
  throws(TypeError, () => new URLPattern("relative"));
  throws(TypeError, () => new URLPattern({ pathname: "/:a/:a" }));
});

await run();
