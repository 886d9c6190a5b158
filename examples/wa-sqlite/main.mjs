// SQLite from npm, compiled by others for browsers with JSPI, unmodified: its C code calls read and write
// as plain functions, and is suspended while the promises behind them are pending.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as SQLite from "@journeyapps/wa-sqlite";
import createModule from "@journeyapps/wa-sqlite/dist/wa-sqlite-jspi.mjs";
import { SlowMemoryVFS } from "./memory-vfs.mjs";

const ROWS = 500;
const TRANSACTIONS = 5;

const wasm = import.meta.resolve("@journeyapps/wa-sqlite/dist/wa-sqlite-jspi.wasm");
const module = await createModule({ wasmBinary: readFileSync(fileURLToPath(wasm)) });
const sqlite = SQLite.Factory(module);
const vfs = new SlowMemoryVFS("slow-memory", module);
sqlite.vfs_register(vfs, true);

const db = await sqlite.open_v2("measurements.db");
await sqlite.exec(db, "CREATE TABLE measurement (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
for (let t = 0; t < TRANSACTIONS; t++) {
  await sqlite.exec(db, "BEGIN");
  for (let row = t; row < ROWS; row += TRANSACTIONS) {
    await sqlite.exec(db, `INSERT INTO measurement (value) VALUES (${row + 1})`);
  }
  await sqlite.exec(db, "COMMIT");
}
await sqlite.exec(db, "SELECT sum(value), count(*) FROM measurement", ([sum, count]) => {
  console.log(`sum ${sum}`);
  console.log(`count ${count}`);
});
await sqlite.close(db);
console.log(`suspended I/O operations ${vfs.waits}`);
