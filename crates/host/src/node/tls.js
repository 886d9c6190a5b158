// `node:tls`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("tls", ["connect", "createServer", "createSecureContext", "checkServerIdentity", "TLSSocket", "Server"]);
};
