// `node:http`.
(native, use) => {
  const { Server, ServerResponse } = use("node/http_server");
  const { Agent, ClientRequest, globalAgent } = use("node/http_client");
  const { IncomingMessage, OutgoingMessage, validateHeaderName, validateHeaderValue } = use("node/http_messages");
  const { METHODS, STATUS_CODES } = use("node/http_words");

  const request = (url, options, done) => new ClientRequest(url, options, done);
  const get = (url, options, done) => {
    const made = request(url, options, done);
    made.end();
    return made;
  };

  const exports = {
    METHODS, STATUS_CODES, Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server, ServerResponse,
    createServer: (options, onRequest) => new Server(options, onRequest), get, request, validateHeaderName, validateHeaderValue, maxHeaderSize: 16384, setMaxIdleHTTPParsers: () => {},
  };
  let agent = globalAgent;
  Object.defineProperty(exports, "globalAgent", { get: () => agent, set: (value) => { agent = value; }, enumerable: true, configurable: true });
  return exports;
};
