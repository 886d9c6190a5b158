(native, use) => use("node/assert").strict;
