// What fails, and how it is told.
const net = require("node:net");
const { once } = require("node:events");
(async () => {
  const free = net.createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  const second = net.createServer().listen(port, "127.0.0.1");
  const [taken] = await once(second, "error");
  console.log(taken.code, taken.syscall, taken.address, taken.port === port, taken.message.replace(port, "PORT"));
  free.close();
  await once(free, "close");
  const refused = net.connect(port, "127.0.0.1");
  const [error] = await once(refused, "error");
  console.log(error.code, error.syscall, error.address, error.port === port, error.errno, error.message.replace(port, "PORT"));
  const missing = net.connect("/no/such/socket");
  const [gone] = await once(missing, "error");
  console.log(gone.code, gone.syscall, gone.address, gone.message);
  const show = (run) => {
    try {
      run();
      console.log("no error");
    } catch (failure) {
      console.log(failure.name, failure.code, failure.message);
    }
  };
  show(() => net.connect(70000));
  show(() => net.connect({ port: "abc" }));
  show(() => net.createServer().listen(-1));
  show(() => net.createServer("x"));
  show(() => new net.Socket().setTimeout("x"));
  show(() => new net.Socket().setTimeout(-1));
  show(() => net.connect({}));
  const server = net.createServer();
  server.listen(0);
  show(() => server.listen(0));
  server.close();
})();
