// Addresses and names.
const net = require("node:net");
const dns = require("node:dns");
for (const text of ["127.0.0.1", "256.0.0.1", "1.2.3", "01.2.3.4", "::1", "::", "1::2::3", "fe80::1%eth0", "::ffff:1.2.3.4", "12345::", "a:b:c:d:e:f:1:2", "1:2:3:4:5:6:7", "", "localhost", "::1.2.3.4.5"]) console.log(JSON.stringify(text), net.isIP(text), net.isIPv4(text), net.isIPv6(text));
(async () => {
  console.log(await dns.promises.lookup("127.0.0.1"), await dns.promises.lookup("::1", { all: true }));
  const { address } = await dns.promises.lookup("localhost", { family: 4 });
  console.log(address);
  await dns.promises.lookup("no-such-name.invalid").catch((error) => console.log(error.code, error.syscall, error.hostname, error.message));
  dns.lookup("localhost", 4, (error, found, family) => console.log(error, found, family));
  dns.lookup("127.0.0.1", { all: true }, (error, found) => console.log(error, found));
  for (const run of [() => dns.lookup(5, () => {}), () => dns.lookup("a"), () => dns.lookup("a", { family: 5 }, () => {}), () => dns.lookup("a", "b", () => {})]) {
    try {
      run();
    } catch (error) {
      console.log(error.name, error.code);
    }
  }
  console.log(dns.NOTFOUND, dns.getDefaultResultOrder(), require("node:dns/promises") === dns.promises);
})();
