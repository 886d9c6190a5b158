// `node:sqlite`: its names.
(native, use) => ({ ...use("node/errors").absents("sqlite", ["DatabaseSync", "StatementSync", "Session", "backup"]), constants: {} });
