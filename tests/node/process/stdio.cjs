const { Writable } = require("stream");
console.log(process.stdout instanceof Writable, process.stdout.fd, process.stderr.fd, process.stdin.fd);
process.stdout.write("one\n", () => console.error("written"));
process.stdout.write(new Uint8Array([116, 119, 111, 10]));
process.stdout.end("bye\n");
