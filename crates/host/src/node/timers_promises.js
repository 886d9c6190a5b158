const later = (start) => (...args) => new Promise((resolve) => start(resolve, ...args));

export const setTimeout = (delay, value) => later(globalThis.setTimeout)(delay, value);
export const setImmediate = (value) => later(globalThis.setImmediate)(value);
export const scheduler = { wait: (delay) => setTimeout(delay), yield: () => setImmediate() };
export default { setTimeout, setImmediate, scheduler };
