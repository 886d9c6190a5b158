for (let i = 0; i < 2; i++) try { require("./lib/throws.cjs"); } catch (error) { console.log(error.name, error.message); }
for (const name of ["./nothing", "nothing", "node:nothing", "", "@s", "../"]) {
  try { console.log(require(name)); } catch (error) { console.log(JSON.stringify(name), error.name, error.code); }
}
try { require(5); } catch (error) { console.log(error.code, error.message); }
