// `node:sys`, an old name.
(native, use) => use("node/util");
