// What the program in Rust imports.

globalThis.order = [];
export const note = (text) => globalThis.order.push(text);
export const later = (value, ms) => new Promise((resolve) => setTimeout(() => resolve(value), ms));
export const text_later = (name) => later(`${name} ✓`, 2);
export const refused = () => new Promise((_, reject) => setTimeout(() => reject(new RangeError("not today")), 2));
