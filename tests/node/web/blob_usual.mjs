// Blobs and files as programs use them.
const blob = new Blob(["Hello, ", new Uint8Array([119, 246]).subarray(0, 1), "orld", new Blob(["!"])], {
  type: "text/plain;charset=utf-8",
});
console.log(
  blob.size,
  blob.type,
  await blob.text(),
  (await blob.arrayBuffer()).byteLength,
  await blob.slice(7, 12).text(),
  await blob.slice(-1).text(),
);
const file = new File([blob], "greeting.txt", { type: blob.type, lastModified: 1000 });
console.log(
  file.name,
  file.lastModified,
  file.size,
  file instanceof Blob,
  await file.slice(0, 5).text(),
  file.slice(0, 5) instanceof File,
);
let text = "";
for await (const part of blob.stream().pipeThrough(new TextDecoderStream())) text += part;
console.log(text);
const form = new FormData();
form.append("file", file);
form.append("blob", blob, "named.bin");
form.append("plain", 5);
console.log(
  [...form].map(([name, value]) => `${name}=${typeof value === "string" ? value : value.name}`),
  form.get("file") === file,
  form.get("blob").type,
);
console.log(
  await new Response(blob).text(),
  new Response(blob).headers.get("content-type"),
  await new Response(file.stream()).text(),
);
const url = URL.createObjectURL(file);
console.log(await (await fetch(url)).text(), (await fetch(url)).headers.get("content-type"));
URL.revokeObjectURL(url);
console.log(await fetch(url).catch((error) => error.name));
