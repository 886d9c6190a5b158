// `fork`: messages between a process and its child.
const { fork } = require("child_process");

if (process.argv[2] === "child") {
  console.log("child", process.connected, typeof process.send, process.argv.slice(2), "NODE_CHANNEL_FD" in process.env);
  process.on("message", (message) => {
    if (message === "leave") return process.disconnect();
    if (message === "exit") {
      process.send("last words");
      process.exit(7);
    }
    process.send({ echo: message });
  });
  process.on("disconnect", () => { if (process.argv[3]) process.exitCode = process.connected ? 1 : 3; });
} else {
  const talk = (messages, options) => new Promise((resolve) => {
    const child = fork(__filename, ["child", "more"], options);
    const left = [...messages];
    child.on("message", (message) => {
      console.log("got", message);
      if (left.length > 0) child.send(left.shift());
    });
    child.on("disconnect", () => console.log("disconnected", child.connected));
    child.on("exit", (code, signal) => {
      console.log("exit", code, signal);
      setTimeout(resolve, 30);
    });
    console.log(child.connected, child.send(left.shift(), (error) => console.log("sent", error)));
  });
  (async () => {
    await talk([1, "text", { a: [1, null, true], u: undefined }, "x".repeat(300000).length, "leave"]);
    await talk([{ map: new Map([[1, new Uint8Array([1, 2])]]), n: 5n, d: new Date(0) }, "exit"], { serialization: "advanced" });
    const large = fork(__filename, ["child"]);
    large.once("message", ({ echo }) => {
      console.log(echo.length);
      large.disconnect();
      console.log(large.send(1, (error) => console.log(error.code)));
    });
    large.send("y".repeat(1000000));
    large.on("exit", (code) => console.log(code));
  })();
}
