// The line between a process and one that it has forked: messages one after the other, as Node writes them. One is JSON
// with a line end, or its length in four bytes and what `serialize` of `node:v8` makes of it.
(native, use) => {
  const { describe } = use("node/file_classes");
  const { fail, invalidType, make } = use("node/errors");
  const LINE_END = 10;

  function bytesOf(message, isAdvanced) {
    if (!isAdvanced) return Buffer.from(`${JSON.stringify(message)}\n`);
    const bytes = use("node/v8").serialize(message);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  // Takes the messages that are whole out of what has come; gives what is left.
  function take(bytes, isAdvanced, found) {
    let at = 0;
    while (at < bytes.length) {
      if (isAdvanced) {
        if (bytes.length - at < 4) break;
        const length = bytes.readUInt32BE(at);
        if (bytes.length - at - 4 < length) break;
        found.push(use("node/v8").deserialize(bytes.subarray(at + 4, at + 4 + length)));
        at += 4 + length;
      } else {
        const end = bytes.indexOf(LINE_END, at);
        if (end < 0) break;
        found.push(JSON.parse(bytes.toString("utf8", at, end)));
        at = end + 1;
      }
    }
    return bytes.subarray(at);
  }

  // Gives `owner`, a child or `process`, what it has of the line. `isKept` says whether the line itself keeps the program
  // going while somebody listens.
  function connect(owner, line, { isAdvanced, isKept }) {
    const wire = line.wire();
    const waiting = [];
    // What could not be written at once.
    const queued = [];
    let left = Buffer.alloc(0);
    let isHeld = false;

    const isHeard = () => owner.listenerCount("message") > 0 || owner.listenerCount("disconnect") > 0;
    const hold = () => { if (owner.connected) wire.hold(queued.length > 0 || isHeld || (isKept && isHeard())); };

    function over() {
      if (!owner.connected) return;
      owner.connected = false;
      owner.channel = null;
      wire.close();
      line.close();
      for (const done of queued.splice(0)) done?.(make(Error, "ERR_IPC_CHANNEL_CLOSED", "Channel closed"));
      process.nextTick(() => owner.emit("disconnect"));
    }

    function deliver(message) {
      if (owner.listenerCount("message") === 0) waiting.push(message);
      else owner.emit("message", message, undefined);
    }

    function told(what, value) {
      if (what === "written") {
        const done = queued.shift();
        if (done) process.nextTick(done, value === undefined ? null : describe(value, "write"));
        hold();
        return;
      }
      if (what !== "data") return over();
      const found = [];
      try {
        left = take(Buffer.concat([left, Buffer.from(value.buffer, value.byteOffset, value.byteLength)]), isAdvanced, found);
      } catch {
        // Whoever writes something else there is nobody to talk to.
        over();
      }
      for (const message of found) {
        // Node's processes talk among themselves, too.
        if (typeof message?.cmd === "string" && message.cmd.startsWith("NODE_")) owner.emit("internalMessage", message, undefined);
        else process.nextTick(deliver, message);
      }
      wire.read();
    }

    function send(message, handle = undefined, options = undefined, done = undefined) {
      for (const given of [handle, options]) if (typeof given === "function") done ??= given;
      const refuse = (error) => {
        if (typeof done === "function") process.nextTick(done, error);
        else process.nextTick(() => owner.emit("error", error));
        return false;
      };
      if (!owner.connected) return refuse(make(Error, "ERR_IPC_CHANNEL_CLOSED", "Channel closed"));
      if (message === undefined) fail(TypeError, "ERR_MISSING_ARGS", 'The "message" argument must be specified');
      if (!["string", "object", "number", "boolean"].includes(typeof message)) throw invalidType("message", "one of type string, object, number, or boolean", message);
      if (typeof handle === "object" && handle !== null) fail(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "sockets are sent to no process by this host");
      const bytes = bytesOf(message, isAdvanced);
      let count = 0;
      try {
        if (queued.length === 0) count = line.writeNow(bytes);
      } catch (error) {
        return refuse(describe(error, "write"));
      }
      if (count === bytes.length) {
        if (done) process.nextTick(done, null);
        return true;
      }
      queued.push(done);
      wire.write(bytes.subarray(count));
      hold();
      return false;
    }

    const listened = (event) => {
      if (event !== "message" && event !== "disconnect") return;
      process.nextTick(() => {
        hold();
        if (event === "message") while (waiting.length > 0 && owner.listenerCount("message") > 0) owner.emit("message", waiting.shift(), undefined);
      });
    };
    const define = (name, value) => Object.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
    owner.on("newListener", listened);
    owner.on("removeListener", listened);
    define("connected", true);
    define("channel", {
      ref() { isHeld = true; hold(); },
      unref() { isHeld = false; hold(); },
      hasRef: () => isHeld || (isKept && isHeard()),
    });
    define("send", send);
    define("disconnect", () => {
      if (owner.connected) over();
      else owner.emit("error", make(Error, "ERR_IPC_DISCONNECTED", "IPC channel is already disconnected"));
    });
    wire.begin(told);
    wire.read();
    hold();
    // Somebody who has just begun to listen may be the reason for all this.
    listened("message");
  }
  return { connect };
};
