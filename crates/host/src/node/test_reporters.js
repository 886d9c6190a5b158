// `node:test/reporters`: its names.
(native, use) => use("node/errors").absents("test/reporters", ["dot", "junit", "spec", "tap", "lcov"]);
