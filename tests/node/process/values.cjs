console.log(process.argv.length, typeof process.pid, process.platform, process.env.NOTHING, "NOTHING" in process.env);
process.env.NEW = 5;
console.log(process.env.NEW, typeof process.env.NEW, delete process.env.NEW, process.env.NEW);
console.log(process.hrtime().length, typeof process.hrtime.bigint(), process.hrtime([0, 0]).length, process.uptime() > 0);
console.log(Object.prototype.toString.call(process), process.constructor.name, typeof process.memoryUsage().rss);
for (const run of [() => process.nextTick(5), () => process.chdir("/no/such"), () => process.hrtime(5), () => process.kill("x")]) try { run(); } catch (error) { console.log(error.name, error.code, error.message.replace(process.cwd(), "HERE")); }
