// `node:http2`: its names, and those of the headers that other modules take from there.
(native, use) => {
  const HEADERS = [
    "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "authorization", "cache-control", "connection", "content-disposition", "content-encoding", "content-language",
    "content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "forwarded", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
    "if-unmodified-since", "keep-alive", "last-modified", "link", "location", "max-forwards", "origin", "prefer", "priority", "proxy-authenticate", "proxy-authorization", "proxy-connection", "range", "referer",
    "refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning", "www-authenticate", "x-forwarded-for",
  ];
  const METHODS = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
  const CODES = [
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
  ];
  const upper = (name) => name.toUpperCase().replaceAll("-", "_").replaceAll(" ", "_");
  const constants = Object.fromEntries([
    ...CODES.map((name, code) => [`NGHTTP2_${name}`, code]),
    ...["status", "method", "authority", "scheme", "path", "protocol"].map((name) => [`HTTP2_HEADER_${upper(name)}`, `:${name}`]),
    ...HEADERS.map((name) => [`HTTP2_HEADER_${upper(name)}`, name]),
    ...METHODS.map((name) => [`HTTP2_METHOD_${name}`, name]),
    ...Object.entries(use("node/http_words").STATUS_CODES).map(([code, text]) => [`HTTP_STATUS_${text.toUpperCase().replaceAll("'", "").replaceAll(/[- ]/g, "_")}`, Number(code)]),
  ]);
  const missing = use("node/errors").absents("http2", ["connect", "createServer", "createSecureServer", "getDefaultSettings", "getPackedSettings", "getUnpackedSettings", "performServerHandshake", "Http2ServerRequest", "Http2ServerResponse"]);
  return { ...missing, constants, sensitiveHeaders: Symbol("sensitiveHeaders") };
};
