// punycode: both ways, limits, conversions of whole domains.
const punycode = require("punycode");
const show = (name, make) => {
  try {
    console.log(name, make());
  } catch (error) {
    console.log(name, error.name, error.message);
  }
};
for (const domain of [
  "mañana.com",
  "example.com",
  "☃.net",
  "джумла@джpумлатест.bрфa",
  "a。b．c｡d",
  "",
  "XN--MAANA-PTA.com",
])
  show(domain, () => [punycode.toASCII(domain), punycode.toUnicode(punycode.toASCII(domain))]);
show("ucs2", () => [
  punycode.ucs2.decode("a😀\ud800b").join(),
  punycode.ucs2.encode([97, 0x1f600]),
  punycode.ucs2.decode("\udc00").join(),
]);
show("ucs2 bad", () => punycode.ucs2.encode([0x110000]));
show("version", () => [punycode.version, Object.keys(punycode).sort().join()]);
