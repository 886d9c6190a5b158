// structuredClone: what is copied, what is handed over, what is refused.
import shown from "../show.js";
const { wait } = shown;
const copy = (name, value, options) => wait(name, () => structuredClone(value, options));
await wait("throws", () =>
  structuredClone({
    get a() {
      throw new Error("getter");
    },
  }),
);
await wait("twice", () => {
  const b = new ArrayBuffer(1);
  try {
    structuredClone(b, { transfer: [b, b] });
  } catch (error) {
    return error.name;
  }
});
await wait("detached", () => {
  const b = new ArrayBuffer(1);
  structuredClone(b, { transfer: [b] });
  try {
    structuredClone(b, { transfer: [b] });
  } catch (error) {
    return error.name;
  }
});
await wait("none", () => {
  try {
    structuredClone();
  } catch (error) {
    return error.name;
  }
});
await wait("blob", async () => await structuredClone(new Blob(["b"], { type: "t/x" })).text());
await wait("prototype", () => [
  Object.getPrototypeOf(structuredClone(Object.create(null))) === Object.prototype,
  Object.keys(
    structuredClone(Object.create({ inherited: 1 }, { hidden: { value: 1 }, shown: { value: 2, enumerable: true } })),
  ),
]);
