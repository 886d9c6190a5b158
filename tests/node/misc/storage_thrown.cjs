// What nobody catches is told on behalf of whoever threw it.
const { AsyncLocalStorage } = require("async_hooks");

const store = new AsyncLocalStorage();
process.on("uncaughtException", (error, origin) => console.log(error.message, origin, store.getStore()));
process.on("unhandledRejection", (error) => console.log("rejected", error.message, store.getStore()));
store.run("timer", () => setTimeout(() => { throw new Error("in a timer"); }, 60));
store.run("tick", () => process.nextTick(() => { throw new Error("in a tick"); }));
store.run("promise", () => { Promise.reject(new Error("at once")); });
store.run("later", () => setTimeout(async () => { throw new Error("later"); }, 30));
setTimeout(() => console.log("after", store.getStore()), 90);
