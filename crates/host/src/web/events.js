// `Event`, `CustomEvent` and `EventTarget`, by the DOM standard: targets have no parents here.
({ now }, use) => {
  const { DOMException, apply, dictionary, fail, finish, isObject, need } = use("web/idl");
  const defer = globalThis.queueMicrotask;
  const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };

  let stateOf, isEvent;
  const isTrusted = { get isTrusted() { return stateOf(this).trusted; } };
  const unforgeable = { ...Object.getOwnPropertyDescriptor(isTrusted, "isTrusted"), enumerable: true, configurable: false };

  class Event {
    #state;

    static {
      stateOf = (event) => event.#state;
      isEvent = (value) => isObject(value) && #state in value;
    }

    constructor(type, init = undefined) {
      need(arguments.length, 1, "Event");
      const { bubbles, cancelable, composed } = dictionary(init);
      this.#state = {
        type: `${type}`, bubbles: Boolean(bubbles), cancelable: Boolean(cancelable), composed: Boolean(composed), trusted: false,
        target: null, current: null, phase: 0, stopped: false, stoppedNow: false, canceled: false, passive: false, dispatching: false,
        time: now(),
      };
      Object.defineProperty(this, "isTrusted", unforgeable);
    }

    get type() { return this.#state.type; }
    get target() { return this.#state.target; }
    get srcElement() { return this.#state.target; }
    get currentTarget() { return this.#state.current; }
    composedPath() { return this.#state.current === null ? [] : [this.#state.current]; }
    get eventPhase() { return this.#state.phase; }
    stopPropagation() { this.#state.stopped = true; }
    get cancelBubble() { return this.#state.stopped; }
    set cancelBubble(value) { if (value) this.#state.stopped = true; else this.#state; }
    stopImmediatePropagation() { this.#state.stopped = this.#state.stoppedNow = true; }
    get bubbles() { return this.#state.bubbles; }
    get cancelable() { return this.#state.cancelable; }
    get returnValue() { return !this.#state.canceled; }
    set returnValue(value) { if (!value) cancel(this.#state); else this.#state; }
    preventDefault() { cancel(this.#state); }
    get defaultPrevented() { return this.#state.canceled; }
    get composed() { return this.#state.composed; }
    get timeStamp() { return this.#state.time; }

    initEvent(type, bubbles = false, cancelable = false) {
      const state = this.#state;
      need(arguments.length, 1, "initEvent");
      const [name, ...flags] = [`${type}`, Boolean(bubbles), Boolean(cancelable)];
      if (state.dispatching) return;
      Object.assign(state, { type: name, bubbles: flags[0], cancelable: flags[1], target: null, stopped: false, stoppedNow: false, canceled: false, trusted: false });
    }
  }
  finish(Event, { constants: PHASES, shown: ["type", "defaultPrevented", "cancelable", "timeStamp"] });

  function cancel(state) {
    if (state.cancelable && !state.passive) state.canceled = true;
  }

  class CustomEvent extends Event {
    #detail;

    constructor(type, init = undefined) {
      need(arguments.length, 1, "CustomEvent");
      super(type, init);
      this.#detail = dictionary(init).detail ?? null;
    }

    get detail() { return this.#detail; }

    initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
      this.#detail;
      need(arguments.length, 1, "initCustomEvent");
      const { dispatching } = stateOf(this);
      this.initEvent(type, bubbles, cancelable);
      if (!dispatching) this.#detail = detail;
    }
  }
  finish(CustomEvent);

  let listenersOf;

  class EventTarget {
    // From a type to listeners, oldest first, and what is told when their number changes.
    #listeners = { byType: new Map(), changed: undefined };

    static {
      // Outside of all classes `this` is the global object, which is no target.
      listenersOf = (target) => {
        if (!isObject(target) || !(#listeners in target)) throw fail(TypeError, "this is not an EventTarget", "ERR_INVALID_THIS");
        return target.#listeners;
      };
    }

    addEventListener(type, callback, options = undefined) {
      const listeners = listenersOf(this);
      need(arguments.length, 2, "addEventListener");
      const name = `${type}`;
      if (callback !== null && callback !== undefined && !isObject(callback)) {
        throw fail(TypeError, "a listener must be a function or an object", "ERR_INVALID_ARG_TYPE");
      }
      const { capture, once, passive, signal } = flatten(options);
      let abort;
      if (isObject(options) && signal !== undefined) {
        abort = use("web/abort");
        if (!abort.isSignal(signal)) throw fail(TypeError, "the option signal must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
        if (signal.aborted) return;
      }
      if (callback === null || callback === undefined) return;
      add(this, listeners, name, { callback, capture, once, passive, removed: false });
      abort?.whenAborted(signal, () => remove(listeners, name, callback, capture));
    }

    removeEventListener(type, callback, options = undefined) {
      const listeners = listenersOf(this);
      need(arguments.length, 2, "removeEventListener");
      const name = `${type}`;
      if (callback !== null && callback !== undefined && !isObject(callback)) {
        throw fail(TypeError, "a listener must be a function or an object", "ERR_INVALID_ARG_TYPE");
      }
      const capture = isObject(options) ? Boolean(options.capture) : Boolean(options);
      remove(listeners, name, callback, capture);
    }

    dispatchEvent(event) {
      listenersOf(this);
      need(arguments.length, 1, "dispatchEvent");
      if (!isEvent(event)) throw fail(TypeError, "what is dispatched must be an Event", "ERR_INVALID_ARG_TYPE");
      const state = stateOf(event);
      if (state.dispatching) throw new DOMException("the event is being dispatched already", "InvalidStateError");
      state.trusted = false;
      return dispatch(this, event);
    }
  }
  finish(EventTarget);

  function flatten(options) {
    if (!isObject(options)) return { capture: Boolean(options), once: false, passive: false };
    const { capture, once, passive, signal } = options;
    return { capture: Boolean(capture), once: Boolean(once), passive: Boolean(passive), signal };
  }

  function add(target, listeners, type, listener) {
    const list = listeners.byType.get(type) ?? [];
    if (list.some((old) => old.callback === listener.callback && old.capture === listener.capture)) return;
    // A list that is being walked stays as it is.
    listeners.byType.set(type, [...list, listener]);
    listeners.changed?.(type, list.length + 1);
  }

  function remove(listeners, type, callback, capture) {
    const list = listeners.byType.get(type);
    const listener = list?.find((old) => old.callback === callback && old.capture === capture);
    if (listener === undefined) return;
    listener.removed = true;
    const left = list.filter((old) => old !== listener);
    if (left.length === 0) listeners.byType.delete(type);
    else listeners.byType.set(type, left);
    listeners.changed?.(type, left.length);
  }

  // Listeners for capture come first, also at the target.
  function dispatch(target, event) {
    const state = stateOf(event);
    const { byType } = listenersOf(target);
    state.dispatching = true;
    state.target = state.current = target;
    state.phase = PHASES.AT_TARGET;
    if (!state.stopped) call(target, event, state, byType.get(state.type), true);
    if (!state.stopped) call(target, event, state, byType.get(state.type), false);
    state.dispatching = state.stopped = state.stoppedNow = false;
    state.current = null;
    state.phase = PHASES.NONE;
    return !state.canceled;
  }

  function call(target, event, state, list, capture) {
    if (list === undefined) return;
    for (let i = 0; i < list.length; i++) {
      const listener = list[i];
      if (listener.removed || listener.capture !== capture) continue;
      if (listener.once) remove(listenersOf(target), state.type, listener.callback, capture);
      state.passive = listener.passive;
      invoke(listener.callback, target, event);
      state.passive = false;
      if (state.stoppedNow) return;
    }
  }

  function invoke(callback, target, event) {
    try {
      if (typeof callback === "function") {
        apply(callback, target, [event]);
        return;
      }
      const { handleEvent } = callback;
      if (typeof handleEvent !== "function") throw new TypeError("the listener has no function handleEvent");
      apply(handleEvent, callback, [event]);
    } catch (error) {
      report(error);
    }
  }

  // What a listener throws is uncaught, and other listeners run all the same.
  const report = (error) => defer(() => { throw error; });

  // A listener of the host's own: gives what removes it.
  function listen(target, type, callback) {
    const listeners = listenersOf(target);
    add(target, listeners, type, { callback, capture: false, once: false, passive: false, removed: false });
    return () => remove(listeners, type, callback, false);
  }

  // Dispatches an event of the host's own, which listeners may trust.
  const fire = (target, event) => {
    stateOf(event).trusted = true;
    return dispatch(target, event);
  };

  // An event with attributes of its own: each has a type that it is converted to, and a default.
  function eventClass(name, fields) {
    const made = {
      [name]: class extends Event {
        #fields = {};

        constructor(type, init = undefined) {
          need(arguments.length, 1, name);
          super(type, init);
          const given = dictionary(init);
          for (const [key, [initial, convert]] of Object.entries(fields)) {
            this.#fields[key] = given[key] === undefined ? (typeof initial === "function" ? initial() : initial) : convert(given[key]);
          }
        }

        static {
          for (const key of Object.keys(fields)) {
            const accessor = { get [key]() { return fieldsOf(this)[key]; } };
            const fieldsOf = (event) => event.#fields;
            Object.defineProperty(this.prototype, key, { ...Object.getOwnPropertyDescriptor(accessor, key), configurable: true });
          }
        }
      },
    }[name];
    return finish(made, { name });
  }

  const text = (value) => `${value}`;
  const CloseEvent = eventClass("CloseEvent", { wasClean: [false, Boolean], code: [0, (value) => value & 0xffff], reason: ["", text] });
  const ErrorEvent = eventClass("ErrorEvent", { message: ["", text], filename: ["", text], lineno: [0, (value) => value >>> 0], colno: [0, (value) => value >>> 0], error: [undefined, (value) => value] });

  return { CloseEvent, ErrorEvent, Event, CustomEvent, EventTarget, dispatch, eventClass, fire, isEvent, listen, listenersOf, report };
};
