import data from "./lib/data.json" with { type: "json" };
console.log(Object.keys(data).join(), data.a);
for (const options of [undefined, { with: { type: "css" } }, { with: { what: "json" } }]) {
  await import("./lib/data.json", options).then(() => console.log("there"), (error) => console.log(error.name, error.code));
}
await import("./lib/plain.mjs", { with: { type: "json" } }).catch((error) => console.log(error.name, error.code));
