// Call sites, as packages look at them.
const before = Error.prepareStackTrace;
Error.prepareStackTrace = (target, sites) => sites;
const target = {};
Error.captureStackTrace(target);
const [site] = target.stack;
Error.prepareStackTrace = before;
const functions = [
  "getFileName", "getLineNumber", "getColumnNumber", "isEval", "getEvalOrigin", "getFunctionName", "getThis", "getTypeName", "getMethodName", "isNative", "isToplevel", "isConstructor", "isAsync", "isPromiseAll", "getPromiseIndex",
  "getScriptNameOrSourceURL", "getScriptHash", "getEnclosingLineNumber", "getEnclosingColumnNumber", "getFunction", "getPosition", "toString",
];
for (const name of functions) if (typeof site[name] !== "function") console.log(name, "is missing");
console.log(site.getFileName() === __filename, site.getLineNumber(), site.isEval(), site.getEvalOrigin(), site.isAsync(), site.isPromiseAll(), site.getPromiseIndex(), site.getScriptNameOrSourceURL() === __filename);
function named() {
  Error.prepareStackTrace = (_, sites) => `${sites[0]}`.replace(/\(.*[/\\]/, "(").replace(/:\d+\)/, ":N)");
  const { stack } = new Error("x");
  Error.prepareStackTrace = before;
  return stack;
}
console.log(named());
const { getCallSites } = require("util");
function caller() {
  return getCallSites(1);
}
const [{ functionName, scriptName, lineNumber, ...others }] = caller();
console.log(functionName, scriptName === __filename, lineNumber, Object.keys(others), getCallSites().length > 0, getCallSites({ sourceMap: true }).length > 0);
for (const count of ["x", 0, 201]) {
  try {
    getCallSites(count);
  } catch (error) {
    console.log(error.code);
  }
}
