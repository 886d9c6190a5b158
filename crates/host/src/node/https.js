// `node:https`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("https", ["request", "get", "createServer", "Agent", "Server"]);
};
