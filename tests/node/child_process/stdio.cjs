// The forms of stdio, with input, encodings, limits, time.
const { spawnSync, execFileSync, execSync, spawn } = require("child_process");
const tell = (name, r) =>
  console.log(
    name,
    r.status,
    r.signal,
    JSON.stringify(r.stdout?.toString()),
    JSON.stringify(r.stderr?.toString()),
    r.error?.code,
    r.output?.length,
  );
tell("input", spawnSync("cat", { input: "text" }));
tell("input view", spawnSync("cat", { input: new Uint8Array([65, 66]) }));
tell(
  "input data view",
  spawnSync("cat", { input: new DataView(Buffer.from("abcd").buffer, Buffer.from("").byteOffset, 0) }),
);
tell("encoding", spawnSync("echo", ["é"], { encoding: "latin1" }));
tell("hex", spawnSync("printf", ["ab"], { encoding: "hex" }));
tell("ignore", spawnSync("sh", ["-c", "echo out; echo err >&2"], { stdio: "ignore" }));
const r = spawnSync("nope-at-all", ["a", "b"]);
