import * as named from "./lib/named.cjs";
import * as object from "./lib/object.cjs";
import * as again from "./lib/again.cjs";
for (const module of [named, object, again]) console.log(Object.keys(module).join());
console.log(named.default === again.default, named.default.four, object.c);
