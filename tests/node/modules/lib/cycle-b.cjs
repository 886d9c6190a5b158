const a = require("./cycle-a.cjs");
exports.seen = a.done;
exports.done = true;
