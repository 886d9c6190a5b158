// Files of gzip's one behind the other, cut anywhere.
const zlib = require("zlib");
const members = Buffer.concat([zlib.gzipSync("abc"), zlib.gzipSync(""), zlib.gzipSync("def")]);
const first = zlib.gzipSync("abc").length;
const cuts = { bytes: [...members.keys()].slice(1), members: [first], zeros: [members.length] };
const read = (make, name) => new Promise((done) => {
  const stream = zlib[make]();
  let text = "";
  stream.on("data", (chunk) => { text += chunk; });
  stream.on("error", (error) => done(console.log(make, name, error.code)));
  stream.on("end", () => done(console.log(make, name, text, stream.bytesWritten)));
  const bytes = name === "zeros" ? Buffer.concat([members, Buffer.alloc(40)]) : members;
  let at = 0;
  for (const cut of [...cuts[name], bytes.length]) stream.write(bytes.subarray(at, at = cut));
  stream.end();
});
(async () => {
  for (const make of ["createGunzip", "createUnzip"]) for (const name of Object.keys(cuts)) await read(make, name);
  for (const [make, bytes] of [["createInflate", zlib.deflateSync("abc")], ["createBrotliDecompress", zlib.brotliCompressSync("abc")]]) {
    const stream = zlib[make]();
    let text = "";
    stream.on("data", (chunk) => { text += chunk; });
    await new Promise((done) => {
      stream.on("end", done);
      stream.write(bytes);
      stream.end("more");
    });
    console.log(make, text);
  }
})();
