exports.one = 1;
Object.defineProperty(exports, "two", { enumerable: true, value: 2 });
module.exports.three = 3;
exports[["f", "our"].join("")] = 4;
