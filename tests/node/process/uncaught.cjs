process.on("uncaughtException", (error, origin) => console.log(error.message, origin));
Promise.reject(new Error("rejected"));
setTimeout(() => { throw new Error("thrown"); });
setTimeout(() => console.log("later"), 5);
