// import.meta, resolve, dynamic imports, attributes, errors.
import { createRequire, isBuiltin, builtinModules, findPackageJSON, register } from "node:module";
import * as self from "./meta2.mjs";
export const here = 1;
export default function () {}
export { here as "any name" };
const told = async (make) => {
  try {
    return await make();
  } catch (error) {
    return [
      error.name,
      error.code,
      (error.code ? error.message : "")
        .replaceAll(import.meta.dirname, "DIR")
        .replaceAll(import.meta.dirname.replaceAll(" ", "%20"), "DIR")
        .split("\n")[0]
        .slice(0, 110),
    ].join(" ");
  }
};
console.log(
  Object.keys(import.meta).sort(),
  import.meta.main,
  import.meta.url.endsWith("/meta2.mjs"),
  import.meta.filename === import.meta.dirname + "/meta2.mjs",
);
console.log(
  import.meta.resolve("fs"),
  import.meta.resolve("./x y?q#h").slice(-11),
  import.meta.resolve("data:text/javascript,1"),
  await told(() => import.meta.resolve("none-such")),
  await told(() => import.meta.resolve(5)),
);
console.log(
  Object.keys(self),
  self.default.name,
  self[Symbol.toStringTag],
  Object.isSealed(self),
  await told(() => {
    self.here = 2;
  }),
  "then" in self,
  Object.getOwnPropertyDescriptor(self, "here"),
);
console.log(
  await told(() => import("./none.mjs")),
  await told(() => import("none-such")),
  await told(() => import("./")),
  await told(() => import("node:nope")),
  await told(() => import("http://a/b.mjs")),
  await told(() => import("./lib/data.json")),
  await told(() => import("./lib/data.json", { with: { type: "css" } })),
  await told(() => import("./lib/plain.mjs", { with: { type: "json" } })),
);
console.log(
  await told(async () => (await import("data:text/javascript,export default 5")).default),
  await told(async () => (await import('data:application/json,{"a":1}', { with: { type: "json" } })).default),
  await told(() => import("data:text/css,a")),
  await told(() => import("data:text/javascript,export default (")),
);
console.log(
  await told(() => import("data:text/javascript,throw new RangeError('in it')")),
  await told(() => import("data:text/javascript,import 'nope-1'")),
  await told(() => import("data:text/javascript,import { nope } from 'fs'")),
);
const require = createRequire(import.meta.url);
console.log(
  require("./lib/object.cjs") !== undefined,
  require.resolve("fs"),
  isBuiltin("node:fs"),
  isBuiltin("fs/promises"),
  isBuiltin("nope"),
  builtinModules.includes("fs"),
  await told(() => createRequire("relative")),
);
