// `node:vm`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("vm", ["runInContext", "runInNewContext", "runInThisContext", "createContext", "isContext", "compileFunction", "Script", "SourceTextModule"]);
};
