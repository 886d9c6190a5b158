// MIMEType and MIMEParams: parsing, setting, printing.
const { MIMEType, MIMEParams } = require("util");
const { show } = require("../show.js");
for (const text of [
  "text/plain",
  ' Text/HTML ; charset=utf-8;q="a b\\"c" ',
  "a/b;x=1;X=2;;y",
  "a/b;=c;d=",
  'application/ld+json;profile="a;b"',
])
  show(text, () => {
    const type = new MIMEType(text);
    return [type.type, type.subtype, type.essence, String(type), [...type.params].join("|")];
  });
for (const bad of ["", "a", "a/", "/b", "a/b c", "a b/c", "a/b/c", 5]) show("bad", () => String(new MIMEType(bad)));
const type = new MIMEType("a/b;c=d");
type.type = "X";
type.subtype = "Y+z";
type.params.set("new", 'with "quotes" \\');
type.params.delete("c");
console.log(String(type), JSON.stringify({ type }), type.params.get("NEW"), type.params.has("c"));
show("set bad", () => {
  type.type = "a b";
});
show("set empty", () => {
  type.subtype = "";
});
show("set param", () => type.params.set("a b", "x"));
show("set value", () => type.params.set("a", "x\u0100"));
const params = new MIMEParams();
params.set("a", "");
params.set("b", "c");
console.log(String(params), [...params.keys()], [...params.values()], params.get("none"), type, params);
