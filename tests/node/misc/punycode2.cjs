// punycode: both ways, limits, conversions of whole domains.
const punycode = require("punycode");
const show = (name, make) => {
  try {
    console.log(name, make());
  } catch (error) {
    console.log(name, error.name, error.message);
  }
};
for (const text of [
  "",
  "abc",
  "ü",
  "mañana",
  "☃-⌘",
  "他们为什么不说中文",
  "ليهمابتكلموشعربي؟",
  "3年B組金八先生",
  "-> $1.00 <-",
  "😀a",
  "\ud800",
])
  show(text, () => [punycode.encode(text), punycode.decode(punycode.encode(text)) === text]);
for (const text of ["maana-pta", "--dqo34k", "Bcher-Kva", "", "-", "a-", "99999999"])
  show(text, () => punycode.decode(text));
show("bad input", () => punycode.decode("é-a"));
show("bad digit", () => punycode.decode("a-!"));
show("overflow", () => punycode.decode("a-zzzzzzzzzzzzzzz"));
