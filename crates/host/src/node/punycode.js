// `node:punycode`.
() => {
  const decodeUcs = (text) => Array.from(text, (character) => character.codePointAt(0));
  const encodeUcs = (points) => String.fromCodePoint(...points);
  const wrong = (what) => { throw new RangeError(what); };
  const OVERFLOW = "Overflow: input needs wider integers to process";
  function adapt(delta, count, first) {
    let [value, k] = [first ? Math.floor(delta / 700) : delta >> 1, 0];
    value += Math.floor(value / count);
    for (; value > 455; k += 36) value = Math.floor(value / 35);
    return Math.floor(k + (36 * value) / (value + 38));
  }
  const limit = (k, bias) => (k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias);

  function decode(text) {
    const cut = Math.max(text.lastIndexOf("-"), 0);
    const points = decodeUcs(text.slice(0, cut));
    if (points.some((point) => point >= 128)) wrong("Illegal input >= 0x80 (not a basic code point)");
    let [n, i, bias] = [128, 0, 72];
    for (let at = cut > 0 ? cut + 1 : 0; at < text.length;) {
      const before = i;
      for (let [weight, k] = [1, 36]; ; k += 36) {
        if (at >= text.length) wrong("Invalid input");
        const digit = parseInt(text[at++], 36);
        const value = Number.isNaN(digit) ? 36 : digit < 10 ? digit + 26 : digit - 10;
        if (value >= 36) wrong("Invalid input");
        i += value * weight;
        if (i > 2 ** 31 - 1) wrong(OVERFLOW);
        const t = limit(k, bias);
        if (value < t) break;
        weight *= 36 - t;
      }
      bias = adapt(i - before, points.length + 1, before === 0);
      n += Math.floor(i / (points.length + 1));
      i %= points.length + 1;
      points.splice(i++, 0, n);
    }
    return encodeUcs(points);
  }

  const digitOf = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);
  function encode(text) {
    const points = decodeUcs(text);
    let result = points.filter((point) => point < 128).map((point) => String.fromCharCode(point)).join("");
    const basic = result.length;
    let [n, delta, bias, done] = [128, 0, 72, basic];
    if (basic > 0) result += "-";
    while (done < points.length) {
      const next = points.reduce((least, point) => (point >= n && point < least ? point : least), Infinity);
      delta += (next - n) * (done + 1);
      if (delta > 2 ** 31 - 1) wrong(OVERFLOW);
      n = next;
      for (const point of points) {
        if (point < n) delta += 1;
        if (point !== n) continue;
        let q = delta;
        for (let k = 36; ; k += 36) {
          const t = limit(k, bias);
          if (q < t) break;
          result += digitOf(t + ((q - t) % (36 - t)));
          q = Math.floor((q - t) / (36 - t));
        }
        result += digitOf(q);
        bias = adapt(delta, done + 1, done === basic);
        delta = 0;
        done += 1;
      }
      delta += 1;
      n += 1;
    }
    return result;
  }

  function mapDomain(text, change) {
    const parts = text.split("@");
    const mail = parts.length > 1 ? `${parts[0]}@` : "";
    return mail + (parts[1] ?? parts[0]).replace(/[\x2E\u3002\uFF0E\uFF61]/g, ".").split(".").map(change).join(".");
  }
  const toASCII = (text) => mapDomain(text, (label) => (/[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label));
  const toUnicode = (text) => mapDomain(text, (label) => (/^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label));
  return { version: "2.1.0", ucs2: { decode: decodeUcs, encode: encodeUcs }, decode, encode, toASCII, toUnicode };
};
