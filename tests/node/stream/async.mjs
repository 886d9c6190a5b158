import { Readable, PassThrough } from "node:stream";
import { pipeline, finished } from "node:stream/promises";
const parts = [];
for await (const part of Readable.from(["a", "b", "c"])) { parts.push(part); if (part === "b") break; }
console.log(parts.join());
console.log(await Readable.from([1, 2, 3, 4]).filter((n) => n % 2 === 0).map((n) => n * 10).toArray());
await pipeline(async function* () { yield "x"; yield "y"; }, async function* (source) { for await (const part of source) yield String(part) + "1"; }, async (source) => { for await (const part of source) console.log(String(part)); });
const pass = new PassThrough();
pass.end("done");
pass.resume();
await finished(pass);
console.log("finished", pass.readableEnded, pass.writableFinished);
await pipeline(Readable.from(["a"]), new PassThrough({ transform(chunk, encoding, done) { done(new Error("no")); } })).catch((error) => console.log(error.message));
