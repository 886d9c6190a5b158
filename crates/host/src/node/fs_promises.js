import { promises } from "node:fs";

export const { access, chmod, constants, lstat, mkdir, mkdtemp, open, readFile, readdir, rename, rm, rmdir, stat, symlink, unlink, writeFile } = promises;
export default promises;
