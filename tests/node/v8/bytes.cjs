// The bytes, and what is refused.
const v8 = require("node:v8");
for (const value of [1, -5, 1.5, "a", "日", { a: 1 }, [1, 2], null, true, 12345678901234567890n, new Map([[1, 2]]), new Date(0), Buffer.from([1, 2])]) console.log(v8.serialize(value).toString("hex"));
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
show(() => v8.serialize(() => 1));
show(() => v8.serialize(Symbol("s")));
show(() => v8.deserialize("text"));
show(() => v8.deserialize(Buffer.from([])));
show(() => v8.deserialize(Buffer.from([1, 2, 3])));
const serializer = new v8.Serializer();
serializer.writeHeader();
serializer.writeUint32(300);
serializer.writeDouble(0.5);
serializer.writeUint64(1, 2);
serializer.writeRawBytes(Buffer.from("raw"));
const bytes = serializer.releaseBuffer();
console.log(bytes.toString("hex"));
const deserializer = new v8.Deserializer(bytes);
console.log(deserializer.readHeader(), deserializer.getWireFormatVersion(), deserializer.readUint32(), deserializer.readDouble(), deserializer.readUint64(), deserializer.readRawBytes(3).toString());
const heap = v8.getHeapStatistics();
console.log(typeof heap.total_heap_size, heap.used_heap_size > 0, heap.heap_size_limit > heap.used_heap_size, typeof v8.cachedDataVersionTag());
