process.on("unhandledRejection", (reason, promise) => console.log(reason, promise instanceof Promise));
Promise.reject(1);
const late = Promise.reject(2);
late.catch(() => {});
process.once("x", () => console.log("once"));
process.emit("x");
process.emit("x");
