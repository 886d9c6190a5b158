// `node:repl`: its names. The host has a line of its own to talk to (`crates/host/src/repl.rs`).
(native, use) => ({
  ...use("node/errors").absents("repl", ["start", "REPLServer", "Recoverable", "isValidSyntax"]), writer: use("web/inspect").inspect, REPL_MODE_SLOPPY: Symbol("repl-sloppy"), REPL_MODE_STRICT: Symbol("repl-strict"),
});
