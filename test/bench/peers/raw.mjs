import { once } from "node:events";
import { connect, createServer } from "node:net";
import { calling, serving } from "./load.mjs";

/** No library: a socket that echoes eight bytes for each call, one call at a time. */
const [role, address] = process.argv.slice(2);
if (role === "server") {
  const server = createServer({ noDelay: true }, (socket) => socket.on("data", (bytes) => socket.write(bytes)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await serving(String(server.address().port));
} else {
  const socket = connect({ port: Number(address), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const waiting = [];
  socket.on("data", (bytes) => {
    for (let at = 0; at < bytes.length; at += 8) waiting.shift()(bytes.readDoubleBE(at) + 1);
  });
  await calling((kw) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(kw);
    socket.write(bytes);
    return new Promise((resolve) => waiting.push(resolve));
  });
}
