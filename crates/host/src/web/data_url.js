// What a `data:` URL has in it, by the Fetch standard.
({ encode }) => {
  // Percent signs and two digits become bytes, all else its UTF-8.
  function unescaped(text) {
    const bytes = encode(text);
    const result = new Uint8Array(bytes.length);
    let length = 0;
    const digit = (byte) => (byte >= 48 && byte <= 57 ? byte - 48 : byte >= 65 && byte <= 70 ? byte - 55 : byte >= 97 && byte <= 102 ? byte - 87 : -1);
    for (let i = 0; i < bytes.length; i++) {
      const [high, low] = [digit(bytes[i + 1]), digit(bytes[i + 2])];
      if (bytes[i] === 0x25 && high >= 0 && low >= 0) {
        result[length++] = 16 * high + low;
        i += 2;
      } else {
        result[length++] = bytes[i];
      }
    }
    return result.slice(0, length);
  }

  const latin1 = (bytes) => {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  };

  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const QUOTED = /^[\t\x20-\x7e\x80-\xff]*$/;

  // A media type in its normal form, or nothing.
  function mediaType(text) {
    const [essence, ...rest] = text.trim().split(";");
    const slash = essence.indexOf("/");
    const [type, subtype] = [essence.slice(0, slash), essence.slice(slash + 1).trimEnd()];
    if (slash < 0 || !TOKEN.test(type) || !TOKEN.test(subtype)) return undefined;
    const parameters = new Map();
    for (let tail = rest.join(";"); tail !== ""; ) {
      const found = /^[\t\n\r ]*([^;=]*)(?:=(?:"((?:[^"\\]|\\[^])*)(?:"[^;]*|\\?$)|([^;]*)))?(?:;|$)/.exec(tail);
      if (found === null || found[0] === "") break;
      tail = tail.slice(found[0].length);
      const name = found[1].toLowerCase();
      const value = found[2] !== undefined ? found[2].replace(/\\([^])/g, "$1") : found[3]?.replace(/[\t\n\r ]+$/, "");
      if (value === undefined || (found[2] === undefined && value === "")) continue;
      if (TOKEN.test(name) && QUOTED.test(value) && !parameters.has(name)) parameters.set(name, value);
    }
    const shown = (value) => (TOKEN.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`);
    return [`${type}/${subtype}`.toLowerCase(), ...[...parameters].map(([name, value]) => `${name}=${shown(value)}`)].join(";");
  }

  // `{ bytes, type }`; without bytes where the URL is none.
  function dataUrl(url) {
    const rest = url.slice("data:".length).replace(/#.*$/s, "");
    const comma = rest.indexOf(",");
    if (comma < 0) return {};
    let type = rest.slice(0, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
    let bytes = unescaped(rest.slice(comma + 1));
    const base64 = /; *base64$/i.exec(type);
    if (base64 !== null) {
      type = type.slice(0, base64.index);
      try {
        bytes = Uint8Array.from(atob(latin1(bytes)), (c) => c.charCodeAt(0));
      } catch {
        return {};
      }
    }
    if (type.startsWith(";")) type = `text/plain${type}`;
    return { bytes, type: mediaType(type) ?? "text/plain;charset=US-ASCII" };
  }

  return { dataUrl };
};
