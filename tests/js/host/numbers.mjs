// Files by their number: a program has its own, and no others of the process.
import { test, run, same } from "../harness.mjs";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bident-numbers-"));
const name = path.join(folder, "file");

function code(f) {
  try {
    f();
  } catch (error) {
    return error.code;
  }
}

test("no number but the program's own can be used or closed", async () => {
  for (let number = 3; number < 64; number++) {
    same(code(() => fs.fstatSync(number)), "EBADF");
    same(code(() => fs.closeSync(number)), "EBADF");
  }
  await new Promise((done) => setTimeout(done, 1));
});

test("a number is good until it is closed", () => {
  const number = fs.openSync(name, "w+");
  same(fs.writeSync(number, "hello"), 5);
  fs.ftruncateSync(number, 2);
  same(fs.readFileSync(name, "utf8"), "he");
  fs.closeSync(number);
  same(code(() => fs.writeSync(number, "x")), "EBADF");
  same(code(() => fs.closeSync(number)), "EBADF");
});

test("the number of a handle is good until the handle is closed", async () => {
  fs.writeFileSync(name, "he");
  const handle = await fs.promises.open(name, "r");
  const number = handle.fd;
  same(fs.readSync(number, Buffer.alloc(9)), 2);
  await handle.close();
  same(code(() => fs.fstatSync(number)), "EBADF");
});

test("times beyond what the system has are errors", () => {
  const number = fs.openSync(name, "w");
  for (const time of [1e19, -1e19]) {
    same(code(() => fs.futimesSync(number, time, time)), "EINVAL");
    same(code(() => fs.utimesSync(name, time, time)), "EINVAL");
  }
  fs.closeSync(number);
});

await run();
fs.rmSync(folder, { recursive: true });
