// `node:http`.
(native, use) => {
  const { callable } = use("node/stream_common");
  const own = { ...use("node/http_server"), ...use("node/http_client"), ...use("node/http_messages") };
  const { Agent, Server, globalAgent, validateHeaderName, validateHeaderValue } = own;
  // Old programs call these on objects of their own.
  const [ClientRequest, IncomingMessage, OutgoingMessage, ServerResponse] = [own.ClientRequest, own.IncomingMessage, own.OutgoingMessage, own.ServerResponse].map(callable);
  const { METHODS, STATUS_CODES } = use("node/http_words");

  const request = (url, options, done) => new own.ClientRequest(url, options, done);
  const get = (url, options, done) => {
    const made = request(url, options, done);
    made.end();
    return made;
  };

  const exports = {
    METHODS, STATUS_CODES, Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server: new Proxy(Server, { apply: (target, self, args) => new target(...args) }), ServerResponse,
    createServer: (options, onRequest) => new Server(options, onRequest), get, request, validateHeaderName, validateHeaderValue, maxHeaderSize: 16384, setMaxIdleHTTPParsers: () => {},
  };
  let agent = globalAgent;
  Object.defineProperty(exports, "globalAgent", { get: () => agent, set: (value) => { agent = value; }, enumerable: true, configurable: true });
  return exports;
};
