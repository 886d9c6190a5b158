// `node:diagnostics_channel`: names that parts of a program tell each other things by.
(native, use) => {
  const { absents, invalidType, validateFunction } = use("node/errors");
  const { apply } = Reflect;
  const DIRECTIONS = ["start", "end", "asyncStart", "asyncEnd", "error"];

  // Channels by their names, as long as somebody has them; those that somebody listens to stay.
  const known = new Map();
  const listened = new Set();
  const forgotten = new FinalizationRegistry((name) => { if (known.get(name)?.deref() === undefined) known.delete(name); });

  // What a listener throws ends nobody's work but is not lost.
  const failedLater = (error) => process.nextTick(() => { throw error; });

  class Channel {
    _subscribers = undefined;
    _stores = new Map();

    constructor(name) {
      this.name = name;
    }

    get hasSubscribers() { return this._subscribers !== undefined || this._stores.size > 0; }

    subscribe(subscription) {
      validateFunction(subscription, "subscription");
      this._subscribers = [...(this._subscribers ?? []), subscription];
      listened.add(this);
    }

    unsubscribe(subscription) {
      const at = this._subscribers?.indexOf(subscription) ?? -1;
      if (at < 0) return false;
      const left = this._subscribers.toSpliced(at, 1);
      this._subscribers = left.length > 0 ? left : undefined;
      this.#settle();
      return true;
    }

    bindStore(store, transform) {
      this._stores.set(store, transform);
      listened.add(this);
    }

    unbindStore(store) {
      if (!this._stores.delete(store)) return false;
      this.#settle();
      return true;
    }

    #settle() { if (!this.hasSubscribers) listened.delete(this); }

    publish(data) {
      for (const subscription of this._subscribers ?? []) {
        try {
          subscription(data, this.name);
        } catch (error) {
          failedLater(error);
        }
      }
    }

    runStores(data, callback, self, ...args) {
      let run = () => {
        this.publish(data);
        return apply(callback, self, args);
      };
      for (const [store, transform] of this._stores) {
        const inner = run;
        run = () => {
          let context = data;
          try {
            if (transform !== undefined) context = transform(data);
          } catch (error) {
            failedLater(error);
            return inner();
          }
          return store.run(context, inner);
        };
      }
      return run();
    }
  }

  function channel(name) {
    const found = known.get(name)?.deref();
    if (found !== undefined) return found;
    if (typeof name !== "string" && typeof name !== "symbol") throw invalidType("channel", "one of type string or symbol", name);
    const made = new Channel(name);
    known.set(name, new WeakRef(made));
    if (typeof name === "string") forgotten.register(made, name);
    return made;
  }

  const subscribe = (name, subscription) => channel(name).subscribe(subscription);
  const unsubscribe = (name, subscription) => channel(name).unsubscribe(subscription);
  const hasSubscribers = (name) => known.get(name)?.deref()?.hasSubscribers ?? false;

  // Five channels that tell of one piece of work.
  class TracingChannel {
    constructor(given) {
      for (const direction of DIRECTIONS) {
        const own = typeof given === "string" ? channel(`tracing:${given}:${direction}`) : given[direction];
        if (!(own instanceof Channel)) throw invalidType(`nameOrChannels.${direction}`, "an instance of Channel", own);
        this[direction] = own;
      }
    }

    get hasSubscribers() { return DIRECTIONS.some((direction) => this[direction].hasSubscribers); }

    subscribe(handlers) {
      for (const direction of DIRECTIONS) if (handlers[direction] !== undefined) this[direction].subscribe(handlers[direction]);
    }

    unsubscribe(handlers) {
      let all = true;
      for (const direction of DIRECTIONS) if (handlers[direction] !== undefined && !this[direction].unsubscribe(handlers[direction])) all = false;
      return all;
    }

    traceSync(callback, context = {}, self = undefined, ...args) {
      if (!this.hasSubscribers) return apply(callback, self, args);
      return this.start.runStores(context, () => {
        try {
          return (context.result = apply(callback, self, args));
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }

    tracePromise(callback, context = {}, self = undefined, ...args) {
      if (!this.hasSubscribers) return apply(callback, self, args);
      const told = () => {
        this.asyncStart.publish(context);
        this.asyncEnd.publish(context);
      };
      const kept = (result) => {
        context.result = result;
        told();
        return result;
      };
      const failed = (error) => {
        context.error = error;
        this.error.publish(context);
        told();
        throw error;
      };
      return this.start.runStores(context, () => {
        try {
          const promise = apply(callback, self, args);
          if (typeof promise?.then !== "function") return (context.result = promise);
          return promise instanceof Promise ? promise.then(kept, failed) : (promise.then(kept, failed), promise);
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }

    traceCallback(callback, position = -1, context = {}, self = undefined, ...args) {
      if (!this.hasSubscribers) return apply(callback, self, args);
      const done = args.at(position);
      validateFunction(done, "callback");
      const channels = this;
      args.splice(position, 1, function (error, result) {
        if (error) {
          context.error = error;
          channels.error.publish(context);
        } else {
          context.result = result;
        }
        return channels.asyncStart.runStores(context, () => {
          try {
            return apply(done, this, arguments);
          } finally {
            channels.asyncEnd.publish(context);
          }
        });
      });
      return this.start.runStores(context, () => {
        try {
          return apply(callback, self, args);
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
  }

  const tracingChannel = (given) => new TracingChannel(given);
  return { channel, hasSubscribers, subscribe, tracingChannel, unsubscribe, Channel, ...absents("diagnostics_channel", ["boundedChannel", "BoundedChannel"]) };
};
