// Blob and File: parts, slices, types, streams.
import { Blob, File, resolveObjectURL } from "node:buffer";
import shown from "../show.js";
const show = shown.web.wait;
await show("parts", () =>
  new Blob(["a", new Uint8Array([98]), new Blob(["c"]), new DataView(new ArrayBuffer(3), 1, 1), 5, null]).text(),
);
await show("surrogate", async () => [...new Uint8Array(await new Blob(["\ud800"]).arrayBuffer())].join());
await show("endings", () => new Blob(["a\r\nb\nc\rd"], { endings: "native" }).text());
await show("endings bad", () => new Blob([], { endings: "other" }));
await show("type", () => [
  new Blob([], { type: "Text/PLAIN" }).type,
  new Blob([], { type: "a\u20ac" }).type,
  new Blob().type,
  new Blob([], { type: undefined }).type,
]);
await show("slice", async () => [
  await new Blob(["0123456789"]).slice(2, -3).text(),
  await new Blob(["0123"]).slice(-2).text(),
  new Blob(["0123"]).slice(3, 1).size,
  new Blob(["0"]).slice(0, 1, "X/y").type,
]);
const url = URL.createObjectURL(new Blob(["kept"]));
URL.revokeObjectURL(url);
