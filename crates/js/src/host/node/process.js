const process = globalThis.process;
export const { argv, env, execPath, exit, stdout, stderr, platform, arch, version, versions, pid, cwd, hrtime, nextTick, on, once, off, emitWarning, memoryUsage, uptime } = process;
export default process;
