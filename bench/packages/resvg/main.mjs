// Pictures from SVG by a Rust library behind wasm-bindgen: shapes, gradients, a filter; what its getters say; an error.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

await initWasm(readFile(fileURLToPath(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"))));

const petals = Array.from({ length: 24 }, (_, i) =>
  `<path d="M0 0 C 40 -90, 90 -40, 180 0 C 90 40, 40 90, 0 0" transform="rotate(${i * 15})" fill="url(#g)" opacity=".4"/>`);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-200 -200 400 400" width="400" height="400">
  <defs>
    <radialGradient id="g"><stop offset="0" stop-color="#fc0"/><stop offset="1" stop-color="#c06"/></radialGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="3"/></filter>
  </defs>
  <rect x="-200" y="-200" width="400" height="400" fill="#024"/>
  <g filter="url(#soft)">${petals.join("")}</g>
</svg>`;

const picture = new Resvg(svg, { fitTo: { mode: "width", value: 800 }, background: "rgba(238, 235, 230, .9)" });
console.log("size", picture.width, picture.height);
const box = picture.getBBox();
console.log("box", box.x, box.y, box.width, box.height);

const drawn = picture.render();
const png = drawn.asPng();
console.log("drawn", drawn.width, drawn.height, "first bytes", png.subarray(0, 8));
let sum = 0;
for (const byte of drawn.pixels) sum = (Math.imul(sum, 31) + byte) | 0;
console.log("pixels", drawn.pixels.length, sum, "PNG", png.length);
drawn.free();

try {
  new Resvg("<svg");
} catch (error) {
  console.log(String(error));
}
