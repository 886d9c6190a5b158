(native, use) => use("node/path");
