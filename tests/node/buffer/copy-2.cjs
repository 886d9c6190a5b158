// copy, fill and write where ranges overlap, end early or make no sense.
const { show } = require("../show.js");
const fresh = () => Buffer.from("0123456789");
show("into words", () => {
  const words = new Uint16Array(2);
  fresh().copy(words);
  return words;
});
show("fill text", () => Buffer.alloc(7).fill("abc").toString());
show("fill hex", () => Buffer.alloc(5).fill("abcd", "hex"));
show("fill bad hex", () => Buffer.alloc(5).fill("zz", "hex"));
show("fill empty", () => Buffer.alloc(3, 1).fill(""));
show("fill number", () =>
  Buffer.alloc(3)
    .fill(256 + 65)
    .toString(),
);
show("fill range", () => fresh().fill("x", 2, 5).toString());
