import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { calling, offer, serving } from "./load.mjs";

// capnweb reads the global, which Node 20 does not have.
globalThis.WebSocket ??= WebSocket;
const { newWebSocketRpcSession, RpcTarget } = await import("capnweb");

class Battery extends RpcTarget {
  offer(kw) {
    return offer(kw);
  }
}

const [role, address] = process.argv.slice(2);
if (role === "server") {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => newWebSocketRpcSession(socket, new Battery()));
  await once(server, "listening");
  await serving(`ws://127.0.0.1:${server.address().port}`);
} else {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const remote = newWebSocketRpcSession(socket);
  await calling((kw) => remote.offer(kw));
}
