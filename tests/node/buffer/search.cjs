// Finding, comparing, filling, copying, cutting.
const buffer = Buffer.from("this is a buffer, this is");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
console.log(buffer.indexOf("is"), buffer.indexOf("is", 3), buffer.indexOf("is", -2), buffer.indexOf("none"), buffer.indexOf(""), buffer.indexOf("", 100), buffer.indexOf(97), buffer.indexOf(Buffer.from("buf")), buffer.indexOf(355), buffer.indexOf("is", NaN), buffer.indexOf("6973", 3, "hex"));
console.log(buffer.lastIndexOf("this"), buffer.lastIndexOf("this", 17), buffer.lastIndexOf("this", -9), buffer.lastIndexOf("x"), buffer.lastIndexOf("is", undefined));
console.log(buffer.includes("buffer"), buffer.includes("nope"), buffer.includes(300));
show(() => buffer.indexOf({}));
show(() => buffer.indexOf());
console.log(buffer.equals(Buffer.from(buffer)), buffer.compare(Buffer.from("this")), Buffer.from("abcd").compare(Buffer.from("bc"), 0, 2, 1, 3));
show(() => buffer.equals("x"));
console.log(Buffer.alloc(5).fill("ab"), Buffer.alloc(5).fill("ab", 1, 3), Buffer.alloc(4).fill("é"), Buffer.alloc(3).fill(""), Buffer.alloc(3).fill(300), Buffer.alloc(3).fill(true));
show(() => Buffer.alloc(3).fill("x", 5));
show(() => Buffer.alloc(3).fill("zz", "hex"));
const target = Buffer.alloc(6, 46);
console.log(buffer.copy(target, 1, 0, 4), target.toString(), buffer.copy(target, 4), target.toString(), buffer.copy(target, 10));
show(() => buffer.copy(target, -1));
show(() => buffer.copy("x"));
console.log(buffer.subarray(-4).toString(), buffer.slice(0, 4).toString(), buffer.subarray(5, 2).length, buffer.slice("1", "3").toString());
const view = buffer.subarray(0, 4);
view[0] = 84;
console.log(buffer.toString("utf8", 0, 4), buffer.toString("hex", 0, 3), buffer.toString("base64", 0, 5), buffer.toString("latin1", 8, 9), buffer.toString("base64url", 0, 1));
show(() => buffer.toString("nope"));
console.log(buffer.write("XY", 2), buffer.write("ff41", 0, "hex"), buffer.write("long", 23), buffer.toString("latin1"));
show(() => buffer.write("x", 100));
show(() => buffer.write(5));
console.log(JSON.stringify(Buffer.from("ab")), Buffer.from("ab").toJSON(), [...Buffer.from("ab").entries()], [...Buffer.from("ab").keys()]);
console.log(Buffer.from("abc").at(-1), Buffer.from("abc").map((x) => x + 1), Buffer.from("abc").reverse().toString(), Buffer.from("abc").readUInt8 === Buffer.prototype.readUint8);
