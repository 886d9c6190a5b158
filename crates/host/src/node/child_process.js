// `node:child_process`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("child_process", ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync", "ChildProcess"]);
};
