// Numbers in buffers: `readInt32LE` and its like.
(native, use) => {
  // Name in `Buffer`, name in `DataView`, size, bounds of what may be written.
  const KINDS = [
    ["Int8", "Int8", 1, -(2 ** 7), 2 ** 7 - 1], ["UInt8", "Uint8", 1, 0, 2 ** 8 - 1],
    ["Int16", "Int16", 2, -(2 ** 15), 2 ** 15 - 1], ["UInt16", "Uint16", 2, 0, 2 ** 16 - 1],
    ["Int32", "Int32", 4, -(2 ** 31), 2 ** 31 - 1], ["UInt32", "Uint32", 4, 0, 2 ** 32 - 1],
    ["Float", "Float32", 4], ["Double", "Float64", 8],
    ["BigInt64", "BigInt64", 8, -(2n ** 63n), 2n ** 63n - 1n], ["BigUInt64", "BigUint64", 8, 0n, 2n ** 64n - 1n],
  ];
  const RANGES = { BigInt64: ">= -(2n ** 63n) and < 2n ** 63n", BigUInt64: ">= 0n and < 2n ** 64n" };
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const errors = () => use("node/errors");

  // The place of a number of so many bytes.
  function placeOf(buffer, offset, size) {
    const most = buffer.length - size;
    if (Number.isInteger(offset) && offset >= 0 && offset <= most) return offset;
    if (typeof offset !== "number") throw errors().invalidType("offset", "of type number", offset);
    if (!Number.isInteger(offset)) throw errors().outOfRange("offset", "an integer", offset);
    if (most < 0) errors().fail(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
    throw errors().outOfRange("offset", `>= 0 and <= ${most}`, offset);
  }

  // A value that fits; others come to a number of the kind as numbers do.
  function checked(given, name, least, most) {
    if (typeof least === "bigint") {
      if (typeof given !== "bigint") throw new TypeError(`Cannot mix BigInt and other types, use explicit conversions`);
    }
    const value = typeof least === "bigint" ? given : +given;
    if (least === undefined || !(value < least || value > most)) return value;
    const size = String(name).match(/\d+/)?.[0];
    const range = RANGES[name] ?? (size > 32 ? undefined : `>= ${least} and <= ${most}`);
    throw errors().outOfRange("value", range, given);
  }

  const methods = {};
  const named = (name, method) => {
    for (const alias of new Set([name, name.replace("UInt", "Uint")])) methods[alias] = method;
    Object.defineProperty(method, "name", { value: name, configurable: true });
  };

  for (const [name, inner, size, least, most] of KINDS) {
    for (const [end, isLittle] of size === 1 ? [["", true]] : [["LE", true], ["BE", false]]) {
      named(`read${name}${end}`, function (offset = 0) {
        return view(this)[`get${inner}`](placeOf(this, offset, size), isLittle);
      });
      named(`write${name}${end}`, function (value, offset = 0) {
        const number = checked(value, name, least, most);
        const at = placeOf(this, offset, size);
        view(this)[`set${inner}`](at, number, isLittle);
        return at + size;
      });
    }
  }

  // ---- Of one to six bytes

  function sizeOf(size) {
    if (typeof size !== "number") throw errors().invalidType("byteLength", "of type number", size);
    if (Number.isInteger(size) && size >= 1 && size <= 6) return size;
    throw errors().outOfRange("byteLength", Number.isInteger(size) ? ">= 1 and <= 6" : "an integer", size);
  }

  function requiredPlace(buffer, offset, size) {
    if (offset === undefined) throw errors().invalidType("offset", "of type number", offset);
    return placeOf(buffer, offset, size);
  }

  function read(buffer, offset, size, isLittle, isSigned) {
    const count = sizeOf(size);
    const at = requiredPlace(buffer, offset, count);
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 256 + buffer[at + (isLittle ? count - 1 - i : i)];
    return isSigned && value >= 2 ** (8 * count - 1) ? value - 2 ** (8 * count) : value;
  }

  function write(buffer, given, offset, size, isLittle, isSigned) {
    const count = sizeOf(size);
    const bits = 8 * count;
    const [least, most] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
    let value = +given;
    if (value < least || value > most) {
      const range = count > 4 ? (isSigned ? `>= -(2 ** ${bits - 1}) and < 2 ** ${bits - 1}` : `>= 0 and < 2 ** ${bits}`) : `>= ${least} and <= ${most}`;
      throw errors().outOfRange("value", range, given);
    }
    const at = requiredPlace(buffer, offset, count);
    value = Math.trunc(value) || 0;
    if (value < 0) value += 2 ** bits;
    for (let i = 0; i < count; i++) {
      buffer[at + (isLittle ? i : count - 1 - i)] = value % 256;
      value = Math.floor(value / 256);
    }
    return at + count;
  }

  for (const [end, isLittle] of [["LE", true], ["BE", false]]) {
    for (const [name, isSigned] of [["Int", true], ["UInt", false]]) {
      named(`read${name}${end}`, function (offset, size) { return read(this, offset, size, isLittle, isSigned); });
      named(`write${name}${end}`, function (value, offset, size) { return write(this, value, offset, size, isLittle, isSigned); });
    }
  }

  return { methods };
};
