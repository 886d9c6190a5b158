(native, use) => {
  const { constants } = use("node/os");
  return { ...constants.errno, ...constants.priority, ...constants.signals, ...constants.dlopen, ...use("node/fs_constants") };
};
