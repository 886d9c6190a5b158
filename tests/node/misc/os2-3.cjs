// os: what can be told without knowing the machine, and errors.
const os = require("os");
const { show } = require("../show.js");
show("frozen", () => Object.isFrozen(os.constants.signals));
show("interfaces", () =>
  Object.values(os.networkInterfaces())
    .flat()
    .every((one) => typeof one.address === "string" && one.cidr?.includes("/")),
);
show("primitive", () => [`${os.platform}`, os.arch + "", os.hostname + "" === os.hostname()]);
show("keys", () => Object.keys(os).sort().join());
