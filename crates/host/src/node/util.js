import { format, formatWithOptions, inspect } from "host:inspect";

export { format, formatWithOptions, inspect };
export const { TextDecoder, TextEncoder } = globalThis;

export const promisify = (f) => (...args) =>
  new Promise((resolve, reject) => f(...args, (error, value) => (error ? reject(error) : resolve(value))));

export function inherits(constructor, parent) {
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

export default { TextDecoder, TextEncoder, format, formatWithOptions, inherits, inspect, promisify };
