// serialize and deserialize, statistics, flags.
const v8 = require("v8"),
  { show } = require("../show.js");
const round = (x) => v8.deserialize(v8.serialize(x));
show("header", () => v8.deserialize(Buffer.from("nope")));
show("type", () => v8.deserialize("x"));
show("bytes", () => v8.serialize({ a: [1, "b"] }).toString("hex"));
const s = new v8.Serializer();
s.writeHeader();
s.writeUint32(7);
s.writeDouble(1.5);
s.writeRawBytes(Buffer.from("xy"));
s.writeUint64(1, 2);
s.writeValue("v");
const d = new v8.Deserializer(s.releaseBuffer());
show("by hand", () => [
  d.readHeader(),
  d.readUint32(),
  d.readDouble(),
  String(d.readRawBytes(2)),
  d.readUint64(),
  d.readValue(),
  d.getWireFormatVersion(),
]);
show("by hand end", () => d.readUint32());
show("statistics", () => [
  typeof v8.getHeapStatistics().used_heap_size,
  Array.isArray(v8.getHeapSpaceStatistics()),
  v8.setFlagsFromString("--no-opt"),
  typeof v8.cachedDataVersionTag(),
]);
