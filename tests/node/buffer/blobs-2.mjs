// Blob and File: parts, slices, types, streams.
import { Blob, File, resolveObjectURL } from "node:buffer";
import shown from "../show.js";
const show = shown.web.wait;
await show("not list", () => new Blob("abc"));
await show("not object", () => new Blob([], 5));
await show("iterable", () => new Blob(new Set(["x", "y"])).text());
await show("stream", async () => {
  let text = "";
  for await (const chunk of new Blob(["ab", "cd"]).stream()) text += Buffer.from(chunk);
  return text;
});
await show("bytes", async () => (await new Blob(["ab"]).bytes()).constructor.name);
await show("file", async () => {
  const file = new File(["x"], "na/me", { lastModified: 5, type: "a/b" });
  return [file.name, file.size, file.lastModified, file.type, await file.text(), file instanceof Blob];
});
const url = URL.createObjectURL(new Blob(["kept"]));
URL.revokeObjectURL(url);
