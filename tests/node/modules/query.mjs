const one = await import("./lib/plain.mjs?1");
const two = await import("./lib/plain.mjs?2");
console.log(one === two, one.x === two.x, one === (await import("./lib/plain.mjs?1")), one === (await import("./lib/plain.mjs#1")));
