// `node:wasi`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("wasi", ["WASI"]);
};
