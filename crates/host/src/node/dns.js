// `node:dns`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("dns", ["lookup", "lookupService", "resolve", "resolve4", "resolve6", "reverse", "setServers", "getServers", "Resolver"]);
};
