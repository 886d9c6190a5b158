// `MessageChannel`, `MessagePort`, `MessageEvent` and `BroadcastChannel`.
//
// Messages to a port of the same thread are cloned at once. A port whose other end is on another thread has a `remote`
// (`crates/host/src/io/ports.rs`), which takes and gives packets (`node/worker_packets.js`).
(_, use) => {
  const { DOMException, apply, dictionary, fail, finish, handler, isObject, need, text } = use("web/idl");
  const { Event, EventTarget, fire, listen, listenersOf } = use("web/events");
  const { cloneWith, transferable } = use("web/clone");
  const { Queue } = use("web/streams/common");
  const { setImmediate, setInterval, clearInterval } = globalThis;
  const MADE = Symbol("made by the host");
  const LONGEST = 2 ** 31 - 1;

  let told;

  class MessageEvent extends Event {
    #fields;

    constructor(type, init = undefined) {
      need(arguments.length, 1, "MessageEvent");
      super(type, init);
      const { data = null, lastEventId = "", origin = "", ports = [], source = null } = dictionary(init);
      if (source !== null && !(source instanceof MessagePort)) throw fail(TypeError, "source must be a MessagePort", "ERR_INVALID_ARG_TYPE");
      if (!isObject(ports) || typeof ports[Symbol.iterator] !== "function") throw fail(TypeError, "ports must be iterable", "ERR_INVALID_ARG_TYPE");
      const all = [...ports];
      if (!all.every((port) => port instanceof MessagePort)) throw fail(TypeError, "a port must be a MessagePort", "ERR_INVALID_ARG_TYPE");
      this.#fields = { data, lastEventId: `${lastEventId}`, origin: text(origin), ports: Object.freeze(all), source };
    }

    static {
      // What was sent, also where it is `undefined`.
      told = (data, ports) => {
        const event = new MessageEvent("message", { data, ports });
        event.#fields.data = data;
        return event;
      };
    }

    get data() { return this.#fields.data; }
    get origin() { return this.#fields.origin; }
    get lastEventId() { return this.#fields.lastEventId; }
    get source() { return this.#fields.source; }
    get ports() { return this.#fields.ports; }
  }
  finish(MessageEvent);

  // What delivers messages in the order in which they came, one in each turn.
  class Inbox {
    waiting = new Queue();
    isOpen = false;
    isClosed = false;
    isScheduled = false;

    constructor(deliver) {
      this.deliver = deliver;
    }

    put(message) {
      if (this.isClosed) return;
      this.waiting.push(message);
      this.schedule();
    }

    open() {
      this.isOpen = true;
      this.schedule();
    }

    schedule() {
      if (!this.isOpen || this.isScheduled || this.waiting.length === 0) return;
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        if (this.isClosed || this.waiting.length === 0) return;
        const message = this.waiting.shift();
        this.schedule();
        this.deliver(message);
      });
    }

    close() {
      this.isClosed = true;
      this.waiting = new Queue();
    }
  }

  let stateOf, isPort, moveTo;

  // The next message that a port has not delivered yet, for who does not wait for events.
  function receive(port) {
    if (!isPort(port)) throw fail(TypeError, 'The "port" argument must be a MessagePort instance', "ERR_INVALID_ARG_TYPE");
    const { inbox, remote } = stateOf(port);
    if (remote !== undefined) {
      const packet = remote.take();
      return packet === undefined ? undefined : { message: use("node/worker_packets").unpack(packet).data };
    }
    if (inbox.isClosed || inbox.waiting.length === 0) return undefined;
    return { message: inbox.waiting.shift().data };
  }

  class MessagePort extends EventTarget {
    // The port at the other end; a timer that keeps the program waiting as long as somebody listens.
    #state = { other: undefined, remote: undefined, inbox: new Inbox((message) => deliver(this, message)), hold: undefined, isMoved: false };

    static {
      isPort = (value) => isObject(value) && #state in value;
      stateOf = (port) => port.#state;
      // The port that takes the place of one that was transferred.
      moveTo = (port) => {
        const old = port.#state;
        const next = new MessagePort(MADE);
        next.#state.other = old.other;
        if (old.other !== undefined) stateOf(old.other).other = next;
        next.#state.inbox.waiting = old.inbox.waiting;
        if (old.remote !== undefined) attach(next, old.remote);
        old.remote = undefined;
        old.inbox.close();
        old.other = undefined;
        old.isMoved = true;
        keepAlive(port, false);
        return next;
      };
    }

    constructor(token = undefined) {
      if (token !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
      super();
      listenersOf(this).changed = (type, count) => { if (type === "message") keepAlive(this, count > 0); };
    }

    postMessage(message, options = undefined) {
      const { other, remote } = this.#state;
      need(arguments.length, 1, "postMessage");
      const transfer = transferOf(options);
      if (transfer.includes(this)) throw new DOMException("a port cannot be sent through itself", "DataCloneError");
      const { result, moved } = cloneWith(message, transfer);
      if (remote !== undefined) remote.post(...use("node/worker_packets").pack({ data: result, ports: moved.filter(isPort) }));
      if (other !== undefined && !transfer.includes(other)) stateOf(other).inbox.put({ data: result, ports: moved.filter(isPort) });
    }

    start() {
      this.#state.inbox.open();
      if (this.#state.remote !== undefined) takeEarlier(this);
    }

    close() {
      const state = this.#state;
      const { other } = state;
      keepAlive(this, false);
      state.inbox.close();
      state.other = undefined;
      if (state.remote !== undefined) {
        state.remote.close();
        state.remote = undefined;
        setImmediate(() => fire(this, new Event("close")));
      }
      if (other === undefined) return;
      // What has been sent before still arrives there.
      const { inbox } = stateOf(other);
      stateOf(other).other = undefined;
      setImmediate(() => {
        fire(this, new Event("close"));
        if (inbox.waiting.length === 0 || !inbox.isOpen) keepAlive(other, false);
        fire(other, new Event("close"));
      });
    }

    ref() { keepAlive(this, true); }
    unref() { keepAlive(this, false); }
    hasRef() { return this.#state.hold !== undefined; }
  }
  for (const type of ["message", "messageerror", "close"]) {
    handler(MessagePort, type, (port, type, callback) => {
      if (type === "message") port.start();
      return listen(port, type, callback);
    });
  }
  finish(MessagePort, { hidden: ["ref", "unref", "hasRef"] });
  // Node's names for listening to a port: they get what was sent, not the event.
  const wrappers = new WeakMap();
  const nodeMethods = {
    on(type, listener) {
      const wrapper = (event) => apply(listener, this, type === "message" ? [event.data] : []);
      wrappers.set(listener, wrapper);
      this.addEventListener(type, wrapper);
      if (type === "message") this.start();
      return this;
    },
    once(type, listener) {
      this.addEventListener(type, (event) => apply(listener, this, type === "message" ? [event.data] : []), { once: true });
      if (type === "message") this.start();
      return this;
    },
    off(type, listener) {
      this.removeEventListener(type, wrappers.get(listener) ?? listener);
      return this;
    },
  };
  for (const [key, value] of Object.entries({ ...nodeMethods, addListener: nodeMethods.on, removeListener: nodeMethods.off })) {
    Object.defineProperty(MessagePort.prototype, key, { value, writable: true, configurable: true });
  }

  function keepAlive(port, isWanted) {
    const state = stateOf(port);
    const isPossible = isWanted && !state.isMoved && !state.inbox.isClosed && (state.other !== undefined || state.remote !== undefined);
    if (isPossible && state.hold === undefined) state.hold = setInterval(() => {}, LONGEST);
    if (!isWanted && state.hold !== undefined) {
      clearInterval(state.hold);
      state.hold = undefined;
    }
  }

  function deliver(port, { data, ports }) {
    fire(port, told(data, ports));
    const state = stateOf(port);
    if (state.other === undefined && state.inbox.waiting.length === 0) keepAlive(port, false);
  }

  // From now on the other end of a port is on another thread.
  function attach(port, remote) {
    stateOf(port).remote = remote;
    remote.listen(() => takeRemote(port));
  }

  // Something has come from the other thread, or the other end is gone: each message is told of once.
  function takeRemote(port) {
    const { remote, inbox } = stateOf(port);
    if (remote === undefined) return;
    if (inbox.isOpen) deliverRemote(port);
    else if (remote.isOver()) endRemote(port);
  }

  // What came before somebody listened.
  function takeEarlier(port) {
    setImmediate(() => { if (deliverRemote(port)) takeEarlier(port); });
  }

  // Whether there was a message.
  function deliverRemote(port) {
    const state = stateOf(port);
    const packet = state.remote?.take();
    if (packet === undefined) {
      if (state.remote?.isOver()) endRemote(port);
      return false;
    }
    let message;
    try {
      message = use("node/worker_packets").unpack(packet);
    } catch (error) {
      fire(port, new MessageEvent("messageerror", { data: error }));
      return true;
    }
    fire(port, told(message.data, message.ports));
    return true;
  }

  function endRemote(port) {
    const state = stateOf(port);
    keepAlive(port, false);
    state.remote.close();
    state.remote = undefined;
    state.inbox.close();
    fire(port, new Event("close"));
  }

  // For another thread: what goes there in the place of a port.
  function exportPort(port) {
    const state = stateOf(port);
    if (state.remote !== undefined) {
      const { remote } = state;
      state.remote = undefined;
      return remote;
    }
    const { pack, pair } = use("node/worker_packets");
    const [here, there] = pair();
    while (state.inbox.waiting.length > 0) here.post(...pack(state.inbox.waiting.shift()));
    const { other } = state;
    state.other = undefined;
    // What was sent from here comes the new way, too, for the other port may be about to leave as well.
    const sent = other === undefined ? undefined : stateOf(other).inbox.waiting;
    while (sent?.length > 0) there.post(...pack(sent.shift()));
    if (other === undefined) here.close();
    else {
      stateOf(other).other = undefined;
      attach(other, here);
    }
    return there;
  }

  // The port that came from another thread.
  function importPort(remote) {
    const port = new MessagePort(MADE);
    attach(port, remote);
    return port;
  }

  // The second argument of `postMessage`: a list, or options with one.
  function transferOf(options) {
    if (options === undefined || options === null) return [];
    if (!isObject(options)) throw fail(TypeError, "the options must be an object", "ERR_INVALID_ARG_TYPE");
    if (typeof options[Symbol.iterator] === "function") return [...options];
    const { transfer } = options;
    if (transfer === undefined) return [];
    if (!isObject(transfer) || typeof transfer[Symbol.iterator] !== "function") throw fail(TypeError, "transfer must be iterable", "ERR_INVALID_ARG_TYPE");
    return [...transfer];
  }

  transferable.push({ is: isPort, move: moveTo });

  class MessageChannel {
    #ports = [new MessagePort(MADE), new MessagePort(MADE)];

    constructor() {
      const [first, second] = this.#ports;
      stateOf(first).other = second;
      stateOf(second).other = first;
    }

    get port1() { return this.#ports[0]; }
    get port2() { return this.#ports[1]; }
  }
  finish(MessageChannel);

  // Of each name: the channels of this thread, and the member in the hall where it meets those of other threads.
  const channels = new Map();

  function enter(name, channel) {
    let known = channels.get(name);
    if (known === undefined) {
      known = { own: new Set(), member: undefined };
      channels.set(name, known);
      known.member = use("web/halls").join(name, () => hear(known));
    }
    known.own.add(channel);
    return known;
  }

  // What channels of another thread have said. Each of ours has a value of its own.
  function hear({ own, member }) {
    for (let packet = member.take(); packet !== undefined; packet = member.take()) {
      for (const channel of own) tell(channel, packet);
    }
  }

  let tell;

  class BroadcastChannel extends EventTarget {
    #name;
    #known;
    #inbox = new Inbox((data) => fire(this, told(data, [])));
    #hold;

    static {
      tell = (channel, packet) => {
        try {
          channel.#inbox.put(use("node/worker_packets").unpack(packet));
        } catch (error) {
          fire(channel, new MessageEvent("messageerror", { data: error }));
        }
      };
    }

    constructor(name) {
      need(arguments.length, 1, "BroadcastChannel");
      super();
      this.#name = `${name}`;
      this.#inbox.open();
      this.#known = enter(this.#name, this);
      this.#hold = setInterval(() => {}, LONGEST);
    }

    get name() { return this.#name; }

    postMessage(message) {
      const inbox = this.#inbox;
      need(arguments.length, 1, "postMessage");
      if (inbox.isClosed) throw new DOMException("BroadcastChannel is closed.", "InvalidStateError");
      const { own, member } = this.#known;
      const { result } = cloneWith(message, []);
      for (const other of own) if (other !== this) other.#inbox.put(cloneWith(message, []).result);
      if (member.hasOthers()) member.post(...use("node/worker_packets").pack(result));
    }

    close() {
      if (this.#inbox.isClosed) return;
      this.#inbox.close();
      const { own, member } = this.#known;
      own.delete(this);
      if (own.size === 0) {
        channels.delete(this.#name);
        member.close();
      }
      clearInterval(this.#hold);
    }

    ref() { clearInterval(this.#hold); if (!this.#inbox.isClosed) this.#hold = setInterval(() => {}, LONGEST); return this; }
    unref() { clearInterval(this.#hold); return this; }
  }
  for (const type of ["message", "messageerror"]) handler(BroadcastChannel, type, listen);
  finish(BroadcastChannel, { hidden: ["ref", "unref"] });

  return { deliverRemote, exportPort, importPort, isPort, receive, BroadcastChannel, MessageChannel, MessageEvent, MessagePort };
};
