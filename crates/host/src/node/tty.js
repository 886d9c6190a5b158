(native, use) => {
  const { ReadStream, WriteStream } = use("node/global_stdio");
  const isatty = (fd) => Number.isInteger(fd) && fd >= 0 && native.isatty(fd);
  return { isatty, ReadStream, WriteStream };
};
