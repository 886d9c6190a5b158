// `node:trace_events`: its names.
(native, use) => ({ ...use("node/errors").absents("trace_events", ["createTracing"]), getEnabledCategories() {} });
