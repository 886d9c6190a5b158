// `node:domain`: its names.
(native, use) => ({ ...use("node/errors").absents("domain", ["Domain", "create", "createDomain"]), active: null });
