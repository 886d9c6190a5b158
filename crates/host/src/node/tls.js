// `node:tls`: secured sockets.
(native, use) => {
  const net = use("node/net");
  const { absents, fail, invalidType, make } = use("node/errors");

  const textOf = (value) => (value === undefined ? undefined : [value].flat().map((one) => (typeof one === "string" ? one : Buffer.from(one).toString())).join("\n"));
  const alpnOf = (list) => (list === undefined ? undefined : [list].flat().map((one) => (typeof one === "string" ? one : Buffer.from(one).toString("latin1"))));

  // What rustls has no counterpart of, or what is not handed to it: who asks for it must not go without.
  const ABSENT = ["checkServerIdentity", "ciphers", "crl", "dhparam", "ecdhCurve", "maxVersion", "minVersion", "passphrase", "pfx", "pskCallback", "secureOptions", "secureProtocol", "sigalgs", "ALPNCallback", "SNICallback"];
  const ABSENT_OF_SERVERS = [...ABSENT, "requestCert"];
  const AS_IT_IS = { minVersion: "TLSv1.2", maxVersion: "TLSv1.3", ecdhCurve: "auto", requestCert: false, secureOptions: 0 };

  function refuseAbsent(options, names) {
    for (const name of names) {
      const value = options[name] ?? undefined;
      if (value !== undefined && value !== AS_IT_IS[name] && value !== exports[name]) absents("tls", [name])[name]();
    }
    if (options.secureContext) refuseAbsent(options.secureContext, names);
  }

  class TLSSocket extends net.Socket {
    constructor(socket, options = {}) {
      if (socket !== undefined && socket !== null) absents("tls", ["TLSSocket around another socket"])["TLSSocket around another socket"]();
      super(options);
      this.encrypted = true;
      this.authorized = false;
      this.authorizationError = null;
      this.alpnProtocol = null;
      this.servername = options.servername ?? null;
      if (options.about?.secured) this._secured(options.about.secured, true);
    }

    // What was agreed on.
    _secured(secured, isServer = false) {
      this.secured = secured;
      Object.defineProperty(this, "secured", { enumerable: false });
      this.alpnProtocol = secured.alpn ?? false;
      const distrust = secured.distrust ?? undefined;
      this.authorized = !isServer && distrust === undefined;
      if (distrust !== undefined) this.authorizationError = make(Error, "CERT_INVALID", distrust);
      if (isServer) this.servername = secured.serverName ?? false;
      else this.emit("secureConnect");
    }

    getProtocol() { return this.secured?.protocol ?? null; }
    getCipher() { return this.secured && { name: this.secured.cipher, standardName: this.secured.cipher, version: this.secured.protocol }; }
    getPeerCertificate() { return this.secured?.certificate === undefined ? {} : { raw: Buffer.from(this.secured.certificate) }; }
    getSession() { return undefined; }
    isSessionReused() { return false; }
    setServername() {}
    disableRenegotiation() {}
    enableTrace() {}
  }

  function connect(...args) {
    const [given, done] = net._normalizeArgs(args);
    const more = args.find((arg, i) => i > 0 && typeof arg === "object" && arg !== null);
    const options = { rejectUnauthorized: process.env.NODE_TLS_REJECT_UNAUTHORIZED !== "0", ...given, ...more };
    if (options.socket !== undefined) absents("tls", ["connect over another socket"])["connect over another socket"]();
    refuseAbsent(options, ABSENT);
    if ((options.cert ?? options.secureContext?.cert) !== undefined) absents("tls", ["connect with a certificate of one's own"])["connect with a certificate of one's own"]();
    const host = options.host ?? options.hostname ?? "localhost";
    const name = options.servername || host;
    const socket = new TLSSocket(undefined, { ...options, servername: net.isIP(name) === 0 ? name : false });
    if (done) socket.once("secureConnect", done);
    const secure = { serverName: name, ca: textOf(options.ca ?? options.secureContext?.ca), rejectUnauthorized: options.rejectUnauthorized !== false, alpn: alpnOf(options.ALPNProtocols) };
    return socket.connect({ ...options, host, secure });
  }

  class Server extends net.Server {
    constructor(options, onSecure) {
      if (typeof options === "function") [options, onSecure] = [{}, options];
      super(options);
      if (onSecure) this.on("secureConnection", onSecure);
      this.setSecureContext(options ?? {});
    }

    setSecureContext(options) {
      refuseAbsent(options, ABSENT_OF_SERVERS);
      const { cert, key, ALPNProtocols } = options;
      this._tls = cert === undefined || key === undefined ? undefined : { cert: textOf(cert), key: textOf(key), alpn: alpnOf(ALPNProtocols) };
      Object.defineProperty(this, "_tls", { enumerable: false });
    }

    listen(...args) {
      if (this._tls === undefined) fail(Error, "ERR_TLS_CERT_REQUIRED", "a server needs cert and key");
      return super.listen(...args);
    }

    _socket(options) { return new TLSSocket(undefined, options); }
    _announce(socket) {
      this.emit("connection", socket);
      this.emit("secureConnection", socket);
    }
  }

  const createServer = (options, onSecure) => new Server(options, onSecure);
  const createSecureContext = (options = {}) => ({ ...options, context: {} });
  const checkServerIdentity = (host, certificate) => {
    if (typeof certificate !== "object") throw invalidType("cert", "of type object", certificate);
    return undefined;
  };

  const exports = {
    ...absents("tls", ["createSecurePair", "SecureContext", "convertALPNProtocols", "getCertificateCompressionAlgorithms", "getCACertificates", "setDefaultCACertificates"]),
    TLSSocket, Server, connect, createServer, createSecureContext, checkServerIdentity, getCiphers: () => ["tls_aes_128_gcm_sha256", "tls_aes_256_gcm_sha384", "tls_chacha20_poly1305_sha256"],
    rootCertificates: [], DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_ECDH_CURVE: "auto", DEFAULT_CIPHERS: "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
    CLIENT_RENEG_LIMIT: 3, CLIENT_RENEG_WINDOW: 600,
  };
  return exports;
};
