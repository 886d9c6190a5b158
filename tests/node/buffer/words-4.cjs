// Numbers of every width at the edges, with the errors of values and places.
const { show } = require("../show.js");
const b = Buffer.alloc(8);
show("value fraction", () => [b.writeInt16LE(12.9), b.readInt16LE(), b.writeUInt8(undefined), b[0]]);
show("swap", () => [
  Buffer.from("abcd").swap16().toString(),
  Buffer.from("abcd").swap32().toString(),
  Buffer.from("abcdefgh").swap64().toString(),
]);
show("swap odd", () => Buffer.from("abc").swap16());
show("swap 64", () => Buffer.from("abc").swap64());
