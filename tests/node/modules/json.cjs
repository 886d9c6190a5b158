const data = require("./lib/data.json");
console.log(Object.keys(data).join(), data.a[1], require("./lib/data") === data);
