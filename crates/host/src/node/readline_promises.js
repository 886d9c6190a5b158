// `node:readline/promises`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("readline/promises", ["createInterface", "Interface", "Readline"]);
};
