const fs = require("fs"), os = require("os"), path = require("path");
const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "fs-")), "a");
const out = fs.createWriteStream(file);
out.write("one ");
out.end("two three", () => console.log("ended", out.bytesWritten));
out.on("close", () => {
  const input = fs.createReadStream(file, { encoding: "utf8", start: 4, end: 8, highWaterMark: 2 });
  const parts = [];
  input.on("data", (part) => parts.push(part));
  input.on("end", () => console.log(parts.join("|"), input.bytesRead));
  input.on("close", () => fs.createReadStream(file + "x").on("error", (error) => console.log(error.code)));
});
