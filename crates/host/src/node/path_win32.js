(native, use) => use("node/path").win32;
