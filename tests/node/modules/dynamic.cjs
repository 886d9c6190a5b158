import("./lib/object.cjs").then((namespace) => console.log(namespace.a, namespace.default.c, namespace.default === require("./lib/object.cjs")));
import("./lib/nothing.mjs").catch((error) => console.log(error.code));
