// `node:inspector/promises`.
(native, use) => use("node/inspector");
