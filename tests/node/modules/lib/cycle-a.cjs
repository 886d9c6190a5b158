exports.done = false;
exports.b = require("./cycle-b.cjs");
exports.done = true;
