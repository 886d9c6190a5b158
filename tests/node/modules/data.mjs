console.log((await import("data:text/javascript,export default 1+1")).default);
console.log((await import("data:text/javascript;base64,ZXhwb3J0IGRlZmF1bHQgNw==")).default);
console.log((await import('data:application/json,{"a":1}', { with: { type: "json" } })).default);
console.log((await import("data:text/javascript,import fs from 'node:fs'; export default typeof fs.readFileSync")).default);
for (const url of ["data:text/plain,x", "data:text/javascript,import './x.mjs'", "data:text/javascript,import 'y'"]) await import(url).catch((error) => console.log(error.name, error.code));
