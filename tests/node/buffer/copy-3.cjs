// copy, fill and write where ranges overlap, end early or make no sense.
const { show } = require("../show.js");
const fresh = () => Buffer.from("0123456789");
show("fill encoding range", () => fresh().fill("6162", 8, 10, "hex").toString());
show("fill past", () => fresh().fill("x", 2, 50));
show("fill bool", () => Buffer.alloc(3).fill(true));
show("fill buffer", () => Buffer.alloc(5).fill(Buffer.from([1, 2])));
show("fill empty buffer", () => Buffer.alloc(5).fill(Buffer.alloc(0)));
show("write cut", () => {
  const b = Buffer.alloc(4);
  return [b.write("aé€", 0), b];
});
show("write range", () => {
  const b = fresh();
  return [b.write("abc", 4, 2), b.toString()];
});
