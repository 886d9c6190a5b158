// Objects through streams: filters, counts, back pressure.
const { Readable, Transform, Writable, pipeline } = require("stream");
const people = Readable.from([
  { n: "a", age: 3 },
  { n: "b", age: 30 },
  { n: "c", age: 40 },
]);
const grown = new Transform({
  objectMode: true,
  transform(one, encoding, done) {
    done(null, one.age > 18 ? one : undefined);
  },
});
const names = new Transform({
  writableObjectMode: true,
  readableObjectMode: false,
  transform(one, encoding, done) {
    done(null, `${one.n};`);
  },
});
let text = "";
pipeline(
  people,
  grown,
  names,
  new Writable({
    write(part, encoding, done) {
      text += part;
      setImmediate(done);
    },
  }),
  (error) => {
    console.log(error, text, names.readableEnded, grown.writableFinished);
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 2,
      write(one, encoding, done) {
        setTimeout(done, 1);
      },
    });
    console.log(
      [1, 2, 3].map((one) => slow.write(one)),
      slow.writableLength,
      slow.writableNeedDrain,
    );
    slow.once("drain", () => {
      console.log("drained", slow.writableLength);
      slow.end(() => console.log("ended"));
    });
  },
);
