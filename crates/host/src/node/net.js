// `node:net`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("net", ["connect", "createConnection", "createServer", "isIP", "isIPv4", "isIPv6", "Server", "Socket", "BlockList", "SocketAddress"]);
};
