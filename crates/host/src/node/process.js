const process = globalThis.process;
export const { argv, env, execPath, exit, stdout, stderr, platform, arch, version, versions, pid, cwd, hrtime, nextTick, emitWarning, memoryUsage, uptime } = process;
export const [on, once, off] = [process.on, process.once, process.off].map((method) => method.bind(process));
export default process;
