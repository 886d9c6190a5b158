// `node:readline`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("readline", ["createInterface", "Interface", "clearLine", "clearScreenDown", "cursorTo", "moveCursor", "emitKeypressEvents"]);
};
