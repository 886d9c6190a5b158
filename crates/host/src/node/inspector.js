// `node:inspector`: its names. Nobody can look on.
(native, use) => ({ ...use("node/errors").absents("inspector", ["open", "waitForDebugger", "Session"]), close() {}, url() {}, console: globalThis.console });
