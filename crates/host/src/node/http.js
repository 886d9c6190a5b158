// `node:http`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("http", ["request", "get", "createServer", "Agent", "ClientRequest", "IncomingMessage", "OutgoingMessage", "Server", "ServerResponse"]);
};
