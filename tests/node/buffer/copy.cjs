// copy, fill and write where ranges overlap, end early or make no sense.
const { show } = require("../show.js");
const fresh = () => Buffer.from("0123456789");
show("overlap up", () => {
  const b = fresh();
  return [b.copy(b, 2, 0, 6), b.toString()];
});
show("overlap down", () => {
  const b = fresh();
  return [b.copy(b, 0, 4), b.toString()];
});
show("target end", () => {
  const b = fresh();
  return b.copy(b, 20);
});
show("source past", () => {
  const b = fresh();
  return b.copy(Buffer.alloc(2), 0, 11);
});
show("negative start", () => {
  const b = fresh();
  return b.copy(Buffer.alloc(2), 0, -1);
});
show("negative target", () => {
  const b = fresh();
  return b.copy(Buffer.alloc(2), -1);
});
show("no target", () => fresh().copy());
