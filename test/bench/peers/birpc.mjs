import { once } from "node:events";
import { createBirpc } from "birpc";
import { pack, unpack } from "msgpackr";
import { WebSocket, WebSocketServer } from "ws";
import { calling, offer, serving } from "./load.mjs";

/** birpc over ws with msgpackr, as its documentation couples them. */
const channel = (socket) => ({
  post: (data) => socket.send(data),
  on: (take) => socket.on("message", take),
  serialize: pack,
  deserialize: unpack,
});
const [role, address] = process.argv.slice(2);
if (role === "server") {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => createBirpc({ offer }, channel(socket)));
  await once(server, "listening");
  await serving(`ws://127.0.0.1:${server.address().port}`);
} else {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const remote = createBirpc({}, channel(socket));
  await calling((kw) => remote.offer(kw));
}
