import url from "llrt:url";

const { URL, URLSearchParams } = globalThis;

// LLRT's leaves %20 and its like as they are.
export function fileURLToPath(value) {
  const { protocol, host, pathname } = new URL(value);
  if (protocol !== "file:") throw new TypeError(`not a file URL: ${value}`);
  if (host !== "") throw new TypeError(`a file URL must not name a host: ${value}`);
  return decodeURIComponent(pathname);
}

export const { pathToFileURL, urlToHttpOptions, domainToUnicode, domainToASCII, format } = url;
export { URL, URLSearchParams };
export default { ...url, URL, URLSearchParams, fileURLToPath };
