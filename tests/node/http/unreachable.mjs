// Why a fetch has failed: names that nobody knows, doors that are closed, ports of other protocols.
import net from "node:net";
import { once } from "node:events";
const server = net.createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();
server.close();
await once(server, "close");
const show = async (url) => {
  try {
    await fetch(url);
  } catch (error) {
    const { cause } = error;
    console.log(error.name, error.message, cause.name, cause.message.replaceAll(`${port}`, "PORT"), { ...cause, port: cause.port === port });
  }
};
for (const url of [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`, "http://nobody.invalid/", "http://127.0.0.1:1/", "https://x.invalid:22/", "ftp://x/", "http://127.0.0.1:0/"]) await show(url);
