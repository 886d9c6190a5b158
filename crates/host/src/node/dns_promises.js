(native, use) => use("node/dns").promises;
