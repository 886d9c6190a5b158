// Parts of buffers share memory; copies do not.
const whole = Buffer.from("0123456789");
const part = whole.subarray(2, 6),
  copy = Buffer.from(part),
  list = Uint8Array.prototype.slice.call(whole, 2, 6);
part[0] = 88;
copy[1] = 89;
list[2] = 90;
console.log(String(whole), String(part), String(copy), Buffer.from(list).toString());
console.log(
  part.byteOffset - whole.byteOffset,
  part.buffer === whole.buffer,
  copy.equals(part),
  part.subarray(1, -1).toString(),
);
for (const args of [
  [],
  [3],
  [-3],
  [2, -2],
  [5, 2],
  [0, 99],
  ["1", "3"],
  [NaN, 2],
  [1.9, 3.9],
  [undefined, 4],
  [null, 2],
])
  console.log(args, whole.slice(...args).toString());
const words = new Uint16Array([1, 2, 3]);
const view = Buffer.from(words.buffer, 2, 2);
view[0] = 9;
console.log(words, view.length, Buffer.from(words).length, Buffer.from(words.buffer).length);
console.log(
  Buffer.concat([part, copy]).length,
  Buffer.concat([whole], 3).toString(),
  whole.toString("utf8", 8),
  whole.toString("latin1", 0, 2),
);
