(Inner) => {
  const text = (base) => (base === undefined ? [] : [String(base)]);
  function URL(input, base) {
    if (new.target === undefined) throw new TypeError("URL needs new");
    return Reflect.construct(Inner, [input, ...text(base)], new.target);
  }
  Object.defineProperty(URL, "prototype", { value: Inner.prototype, writable: false });
  Object.defineProperty(Inner.prototype, "constructor", { value: URL });
  Object.defineProperty(URL, "length", { value: 1 });
  URL.canParse = (input, base) => Inner.canParse(input, ...text(base));
  URL.parse = (input, base) => Inner.parse(input, ...text(base));
  return URL;
};
