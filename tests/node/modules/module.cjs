const path = require("path");
console.log(require.main === module, module.id, path.basename(module.filename), module.loaded, module.children.length, module.parent);
console.log(path.basename(__filename), path.basename(__dirname), this === module.exports, typeof arguments, arguments.length);
console.log(Object.keys(require.cache).map((file) => path.basename(file)).join());
console.log(Object.keys(require.extensions).join(), typeof require.resolve);
exports.a = 1;
module.exports = { b: 2 };
console.log(exports.a, module.exports.b);
return;
