// `node:https`: HTTP on secured sockets.
(native, use) => {
  const tls = use("node/tls");
  const http = use("node/http_client");
  const { mixin } = use("node/http_server");
  const { urlToHttpOptions } = use("node/url");

  class Agent extends http.Agent {
    constructor(options) {
      super(options);
      this.defaultPort = 443;
      this.protocol = "https:";
    }

    createConnection(options, done) { return tls.connect(options, done); }
    getName(options = {}) {
      const { servername = "", rejectUnauthorized = "", ca = "", ALPNProtocols = "" } = options;
      return `${super.getName(options)}:${servername}:${rejectUnauthorized}:${ca}:${ALPNProtocols}`;
    }
  }

  let agent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });

  function request(input, options, done) {
    if (typeof input === "string") input = urlToHttpOptions(new URL(input));
    else if (input instanceof URL) input = urlToHttpOptions(input);
    else [input, options, done] = [{}, input, options];
    if (typeof options === "function") [options, done] = [{}, options];
    return new http.ClientRequest({ _defaultAgent: agent, defaultPort: 443, protocol: "https:", ...input, ...options }, done);
  }

  const get = (...args) => {
    const made = request(...args);
    made.end();
    return made;
  };

  class SecureServer extends tls.Server {
    get _arrival() { return "secureConnection"; }
  }
  const Server = mixin(SecureServer);
  Object.defineProperty(Server, "name", { value: "Server" });

  const exports = { Agent, Server, createServer: (options, onRequest) => new Server(options, onRequest), get, request };
  Object.defineProperty(exports, "globalAgent", { get: () => agent, set: (value) => { agent = value; }, enumerable: true, configurable: true });
  return exports;
};
