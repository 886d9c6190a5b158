process.exitCode = "4";
for (const code of [1.5, "x", {}, NaN]) try { process.exitCode = code; } catch (error) { console.log(error.name, error.code); }
process.on("exit", (code) => { console.log("exit", code, process.exitCode); process.exit(9); });
setTimeout(() => console.log("never"), 1);
process.exit();
