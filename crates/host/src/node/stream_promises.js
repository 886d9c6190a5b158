(native, use) => use("node/stream").promises;
