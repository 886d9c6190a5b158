const plain = require("./lib/plain.mjs");
console.log(Object.keys(plain).join(), plain.__esModule, typeof plain.default);
console.log(require("./lib/instead.mjs"));
try { require("./lib/waits.mjs"); } catch (error) { console.log(error.code); }
console.log(require("./lib/plain.mjs") === plain);
