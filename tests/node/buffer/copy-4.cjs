// copy, fill and write where ranges overlap, end early or make no sense.
const { show } = require("../show.js");
const fresh = () => Buffer.from("0123456789");
show("write latin", () => {
  const b = fresh();
  return [b.write("éÿ", 8, "latin1"), b];
});
show("write bad encoding", () => fresh().write("a", 0, 1, "nope"));
show("write past", () => fresh().write("a", 11));
show("write number", () => fresh().write(5));
