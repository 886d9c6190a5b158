// Blob and File: parts, slices, types, streams.
import { Blob, File, resolveObjectURL } from "node:buffer";
import shown from "../show.js";
const show = shown.web.wait;
await show("file bad", () => new File([]));
await show("file date", () => [
  new File([], "a", { lastModified: new Date(7) }).lastModified,
  typeof new File([], "a").lastModified,
]);
await show("print", () => [new Blob(["abc"], { type: "t/x" }), new File(["q"], "f", { lastModified: 1 })]);
const url = URL.createObjectURL(new Blob(["kept"]));
await show("url", async () => [
  url.startsWith("blob:nodedata:"),
  await resolveObjectURL(url)?.text(),
  await (await fetch(url)).text(),
]);
URL.revokeObjectURL(url);
await show("revoked", () => resolveObjectURL(url));
await show("tag", () => [
  String(new Blob()),
  String(new File([], "")),
  Object.keys(new Blob()).length,
  Blob.length,
  File.length,
]);
