// `node:dgram`: its names.
(native, use) => use("node/errors").absents("dgram", ["createSocket", "Socket"]);
