// MIME types.
const { MIMEType, MIMEParams } = require("node:util");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
for (const text of ["text/html", "TEXT/HTML; Charset=utf-8", " text/plain;a=b ; c=\"d e\";a=x", "a/b;x=\"\\\"q\\\"\"", "a/b;;;c=1;d", "a/b;c=", "a/b;c=\"\"", "application/vnd.api+json;v=1"]) show(() => { const mime = new MIMEType(text); return [String(mime), mime.type, mime.subtype, mime.essence, [...mime.params]]; });
for (const bad of ["", "text", "text/", "/html", "te xt/html", "text/ht ml", "text/html extra;a=b", "é/b"]) show(() => new MIMEType(bad).essence);
const mime = new MIMEType("text/plain");
mime.type = "APPLICATION";
mime.subtype = "JSON";
mime.params.set("charset", "utf 8");
mime.params.set("x", "1");
console.log(String(mime), JSON.stringify(mime), mime.params.get("charset"), mime.params.has("x"), mime.params.get("none"));
mime.params.delete("x");
console.log([...mime.params.keys()], [...mime.params.values()], [...mime.params.entries()], mime.params.toString());
show(() => { mime.type = ""; });
show(() => { mime.subtype = "a b"; });
show(() => mime.params.set("a b", "x"));
show(() => mime.params.set("a", "\n"));
console.log(new MIMEParams().toString() === "");
