// The compiler of AssemblyScript, itself JavaScript over a Binaryen in WebAssembly; and what it makes, with the
// bindings it writes ("esm"): strings, arrays, a class, an import, an abort.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const source = `
@external("./host.mjs", "log") declare function log(text: string): void;
export function greet(name: string): string { log("greeting " + name); return "Hello, " + name + "!"; }
export function sieve(limit: i32): i32[] {
  const composite = new Uint8Array(limit + 1);
  const primes: i32[] = [];
  for (let n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    primes.push(n);
    for (let m = n * n; m <= limit; m += n) composite[m] = 1;
  }
  return primes;
}
export class Point { x: f64 = 0; y: f64 = 0; }
export function middle(a: Point, b: Point): Point { return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }; }
export function total(values: Float64Array): f64 { return values.reduce((sum, value) => sum + value, 0.0); }
export function big(a: u64): u64 { return a * a; }
export function fail(): void { throw new Error("on purpose"); }
`;

const folder = mkdtempSync(join(tmpdir(), "assemblyscript-"));
writeFileSync(join(folder, "program.ts"), source);
writeFileSync(join(folder, "host.mjs"), "export const log = (text) => console.log('log:', text);");

const { error, stdout, stderr } = await asc.main([
  "program.ts", "--baseDir", folder, "--outFile", "program.wasm", "--textFile", "program.wat",
  "--bindings", "esm", "--exportRuntime", "-O3",
]);
console.log("compiled", error, stdout.toString(), stderr.toString());
console.log("text begins", readFileSync(join(folder, "program.wat"), "utf8").slice(0, 60));
console.log("bytes", readFileSync(join(folder, "program.wasm")).length);

const program = await import(pathToFileURL(join(folder, "program.js")).href);
console.log(program.greet("wörld 🌍"));
console.log(program.sieve(60).join(" "));
console.log(program.middle({ x: 1, y: 2 }, { x: 4, y: 8 }));
console.log(program.total(new Float64Array([1.5, 2.25, 3])), program.big(3000000000n));
try {
  program.fail();
} catch (error) {
  console.log(error.message.replace(/ in .*/, ""));
}

const wrong = await asc.compileString("export function f(): i32 { return 'text'; }");
console.log(wrong.error?.message, wrong.stderr.toString());
rmSync(folder, { recursive: true });
