(native, use) => use("node/fs").promises;
