// Errors: causes, classes, stacks of one's own, aggregate ones.
class HttpError extends Error {
  constructor(status, options) {
    super(`status ${status}`, options);
    this.name = "HttpError";
    this.status = status;
  }
}
const error = new HttpError(404, { cause: new TypeError("inner") });
console.log(
  String(error),
  error.cause.message,
  error instanceof HttpError,
  error instanceof Error,
  Object.keys(error),
  error.stack.split("\n")[0],
  "cause" in new Error("x"),
);
const all = new AggregateError([1, new RangeError("r")], "many");
console.log(all.errors.length, all.message, all.name, String(all));
console.log(
  Error("without new").message,
  new Error(undefined).message === "",
  "message" in new Error(),
  new Error(5).message,
  Object.prototype.toString.call(error),
  Error.length,
  TypeError.prototype.name,
  Object.getPrototypeOf(TypeError) === Error,
);
for (const thrown of [1, "text", null, undefined, { a: 1 }, Symbol.for("s")])
  try {
    throw thrown;
  } catch (caught) {
    console.log(caught === thrown, typeof caught);
  }
function limited() {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const { stack } = new Error("short");
  Error.stackTraceLimit = before;
  return stack.split("\n").length;
}
console.log(
  limited(),
  typeof Error.captureStackTrace,
  (() => {
    const o = {};
    Error.captureStackTrace(o);
    return typeof o.stack;
  })(),
  Error.isError?.(error),
  Error.isError?.({}),
);
const order = [];
(() => {
  try {
    order.push("try");
    return order.push("return");
  } finally {
    order.push("finally");
  }
})();
try {
  try {
    throw new Error("first");
  } finally {
    order.push("kept");
  }
} catch (e) {
  order.push(e.message);
}
console.log(order);
