import path from "llrt:path";

export const { basename, dirname, extname, format, parse, join, resolve, relative, normalize, isAbsolute, delimiter, sep } = path;
export const posix = path;
export default Object.assign(path, { posix });
