// `node:util/types`: what a value is, whatever it says.
({ look }) => {
  const tagOf = Function.prototype.call.bind(Object.prototype.toString);
  const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
  const typedTag = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(TypedArray, Symbol.toStringTag).get);
  const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";
  // A method that throws for all but objects of its class.
  const accepts = (method) => (value) => {
    if (!isObject(value)) return false;
    try {
      method(value);
      return true;
    } catch {
      return false;
    }
  };
  const call = (f, ...args) => (value) => Reflect.apply(f, value, args);
  const getter = (object, name) => call(Object.getOwnPropertyDescriptor(object, name).get);
  const isTyped = (name) => (value) => isObject(value) && typedTag(value) === name;
  const isPlainTag = (tag) => (value) => isObject(value) && !(Symbol.toStringTag in value) && tagOf(value) === `[object ${tag}]`;
  const GeneratorFunction = Object.getPrototypeOf(function* () {});
  const AsyncFunction = Object.getPrototypeOf(async () => {});
  const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {});
  const mapIterator = Object.getPrototypeOf(new Map().entries());
  const setIterator = Object.getPrototypeOf(new Set().values());
  const inherits = (proto) => (value) => isObject(value) && Object.prototype.isPrototypeOf.call(proto, value);

  const types = {
    isExternal: () => false,
    isDate: accepts(call(Date.prototype.getTime)),
    isArgumentsObject: isPlainTag("Arguments"),
    isBigIntObject: (value) => typeof value === "object" && accepts(call(BigInt.prototype.valueOf))(value),
    isBooleanObject: (value) => typeof value === "object" && accepts(call(Boolean.prototype.valueOf))(value),
    isNumberObject: (value) => typeof value === "object" && accepts(call(Number.prototype.valueOf))(value),
    isStringObject: (value) => typeof value === "object" && accepts(call(String.prototype.valueOf))(value),
    isSymbolObject: (value) => typeof value === "object" && accepts(call(Symbol.prototype.valueOf))(value),
    isNativeError: (value) => isObject(value) && Error.isError?.(value) === true || isPlainTag("Error")(value),
    isRegExp: (value) => isObject(value) && value !== RegExp.prototype && accepts(getter(RegExp.prototype, "source"))(value),
    isAsyncFunction: (value) => typeof value === "function" && (inherits(AsyncFunction)(value) || inherits(AsyncGeneratorFunction)(value)),
    isGeneratorFunction: (value) => typeof value === "function" && (inherits(GeneratorFunction)(value) || inherits(AsyncGeneratorFunction)(value)),
    isGeneratorObject: (value) => isObject(value) && tagOf(value).endsWith("Generator]"),
    isPromise: (value) => value instanceof Promise && look(value)?.[0] === "promise",
    isMap: accepts(getter(Map.prototype, "size")),
    isSet: accepts(getter(Set.prototype, "size")),
    isMapIterator: inherits(mapIterator),
    isSetIterator: inherits(setIterator),
    isWeakMap: accepts(call(WeakMap.prototype.has, {})),
    isWeakSet: accepts(call(WeakSet.prototype.has, {})),
    isArrayBuffer: accepts(getter(ArrayBuffer.prototype, "byteLength")),
    isDataView: (value) => ArrayBuffer.isView(value) && typedTag(value) === undefined,
    isSharedArrayBuffer: accepts(getter(SharedArrayBuffer.prototype, "byteLength")),
    isProxy: (value) => isObject(value) && ["proxy", "revoked"].includes(look(value)?.[0]),
    isModuleNamespaceObject: (value) => isObject(value) && Object.getPrototypeOf(value) === null && tagOf(value) === "[object Module]" && Object.isSealed(value),
    isCryptoKey: (value) => tagOf(value) === "[object CryptoKey]",
    isKeyObject: () => false,
    isArrayBufferView: ArrayBuffer.isView,
    isTypedArray: (value) => isObject(value) && typedTag(value) !== undefined,
  };
  types.isAnyArrayBuffer = (value) => types.isArrayBuffer(value) || types.isSharedArrayBuffer(value);
  types.isBoxedPrimitive = (value) => types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value) || types.isBigIntObject(value) || types.isSymbolObject(value);
  for (const name of ["Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"]) types[`is${name}`] = isTyped(name);
  return types;
};
