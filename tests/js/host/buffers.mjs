import { test, run, same, list, throws, holds } from "../harness.mjs";
import { randomBytes, randomFillSync } from "node:crypto";

test("sizes that cannot be", () => {
  for (const size of [2 ** 47, 2 ** 31, -1, NaN, Infinity]) {
    throws(RangeError, () => Buffer.alloc(size));
    throws(RangeError, () => Buffer.allocUnsafe(size));
    throws(RangeError, () => Buffer.allocUnsafeSlow(size));
    throws(RangeError, () => Buffer.alloc(size, "abc"));
    throws(RangeError, () => Buffer.concat([], size));
    throws(RangeError, () => randomBytes(size));
    throws(RangeError, () => randomFillSync(new Uint8Array(4), 0, size));
    throws(RangeError, () => randomFillSync(new Uint8Array(4), size));
    throws(RangeError, () => Buffer.from([1]).write("a", size));
    throws(RangeError, () => Buffer.from([1]).readInt8(size));
    throws(RangeError, () => Buffer.from([1]).writeInt8(1, size));
  }
  throws(RangeError, () => Buffer.from(new Array(2 ** 32 - 1)));
  throws(TypeError, () => Buffer.alloc("8"));
  throws(RangeError, () => "x".repeat(2 ** 40));
  const lie = { byteLength: 4, byteOffset: 0, buffer: new ArrayBuffer(4) };
  throws(DOMException, () => crypto.getRandomValues(lie), /integer-type TypedArray/);
});

test("filling", () => {
  same(Buffer.alloc(5, "ab").toString(), "ababa");
  same(Buffer.alloc(3).fill(257)[2], 1);
  same(Buffer.alloc(4).fill("x", 1, 3).toString("latin1"), "\0xx\0");
  same(Buffer.alloc(0, "a").length, 0);
});

test("copying, writing and reading stay in the view", () => {
  const all = new Uint8Array([9, 9, 9, 9, 9, 9, 9, 9]);
  const view = Buffer.from(all.buffer, 2, 4);
  same(view.write("abcdef"), 4);
  list([...all], [9, 9, 97, 98, 99, 100, 9, 9]);
  same(view.readUInt16BE(), 0x6162);
  throws(RangeError, () => view.readUInt32LE(1));
  same(view.writeUInt32LE(1), 4);
  list([...all], [9, 9, 1, 0, 0, 0, 9, 9]);
  same(view.copy(all, 6), 2);
  list([...all], [9, 9, 1, 0, 0, 0, 1, 0]);
  same(view.copy(all, 100), 0);
  same(Buffer.alloc(4).write("a€b"), 4);
  same(Buffer.alloc(3).write("a€b"), 1);
  const wide = Buffer.alloc(8);
  wide.writeDoubleLE(3);
  same(wide.readDoubleLE(), 3);
  wide.writeBigUInt64BE(2n ** 64n - 1n);
  same(wide.readBigInt64BE(), -1n);
  throws(RangeError, () => wide.writeUInt8(256));
});

test("encodings", () => {
  list([...Buffer.from("é", "latin1")], [233]);
  same(Buffer.from([233]).toString("latin1"), "é");
  same(Buffer.from("68c3a9", "hex").toString(), "hé");
  same(Buffer.from("aGk=", "base64").toString("utf8", 1), "i");
  same(Buffer.byteLength("é"), 2);
  same(Buffer.from("abc").subarray(1, undefined).toString(), "bc");
  holds(Buffer.from("abc").slice(1) instanceof Buffer);
  list([...Buffer.concat([Buffer.from("ab"), Buffer.from("cd")], 3)], [97, 98, 99]);
  same(JSON.stringify(Buffer.from("a")), '{"type":"Buffer","data":[97]}');
  same(Buffer.from(JSON.parse('{"type":"Buffer","data":[97]}')).toString(), "a");
});

test("text", () => {
  same(new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(), "");
  same(new TextDecoder().decode(new DataView(new Uint8Array([65, 66, 67]).buffer, 1, 1)), "B");
  same(new TextDecoder(undefined).encoding, "utf-8");
  same(new TextDecoder("latin1").decode(new Uint8Array([233, 128])), "é€");
  same(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])), "a");
  same(new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])), "\ufeffa");
  throws(TypeError, () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])));
  throws(RangeError, () => new TextDecoder("hex"));
  const stream = new TextDecoder();
  same(stream.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), "");
  same(stream.decode(new Uint8Array([0xac, 97])), "€a");
  list([...new TextEncoder().encode("\ud800a")], [239, 191, 189, 97]);
});

test("random bytes", () => {
  const bytes = randomFillSync(new Uint8Array(100000), 10, 99980);
  list([...bytes.subarray(0, 10), ...bytes.subarray(99990)], new Array(20).fill(0));
  holds(bytes.some((byte) => byte !== 0));
  same(randomFillSync(new Uint8Array(0)).length, 0);
});

await run();
