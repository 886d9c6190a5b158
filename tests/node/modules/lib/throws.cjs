globalThis.count = (globalThis.count ?? 0) + 1;
throw new RangeError("thrown " + globalThis.count);
