(native, use) => use("node/global_process").process;
