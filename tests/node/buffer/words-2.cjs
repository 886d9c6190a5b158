// Numbers of every width at the edges, with the errors of values and places.
const { show } = require("../show.js");
const b = Buffer.alloc(8);
show("value 3", () => b.writeUIntBE(2 ** 24, 0, 3));
show("value 6", () => b.writeIntBE(-(2 ** 47) - 1, 0, 6));
show("offset", () => b.readUInt16BE(7));
show("offset fraction", () => b.readInt8(1.5));
show("offset text", () => b.readInt8("1"));
show("offset null", () => b.readInt8(null));
