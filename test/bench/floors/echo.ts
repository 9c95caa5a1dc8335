/**
 * The least that a call over TCP or a Unix socket can cost: `echo.ts server [PATH]` or `echo.ts client PORT|PATH`, a peer of
 * `npm run bench -- rpc`. A frame is its length, the number of the call and a double; what is written in one turn of the queues goes in one write.
 * Nothing is encoded, checked, bounded or timed.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { callingByNumber, offer, serving } from "../peers/load.mjs";

/** Length, number, value. */
const FRAME_BYTES = 16;

/** Hands over each frame that arrives, and writes frames of one turn at once. */
function frames(socket: Socket, take: (id: number, value: number, send: (id: number, value: number) => void) => void) {
  let rest: Buffer = Buffer.alloc(0);
  let out: Buffer[] = [];
  const send = (id: number, value: number) => {
    const frame = Buffer.allocUnsafe(FRAME_BYTES);
    frame.writeUInt32BE(FRAME_BYTES - 4, 0);
    frame.writeUInt32BE(id, 4);
    frame.writeDoubleBE(value, 8);
    if (out.push(frame) > 1) return;
    process.nextTick(() => {
      socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
      out = [];
    });
  };
  socket.on("data", (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (; rest.length - at >= FRAME_BYTES; at += 4 + rest.readUInt32BE(at)) {
      take(rest.readUInt32BE(at + 4), rest.readDoubleBE(at + 8), send);
    }
    rest = rest.subarray(at);
  });
  return send;
}

const [role, address = ""] = process.argv.slice(2);
if (role === "server") {
  const server = createServer({ noDelay: true }, (socket) => {
    frames(socket, (id, value, send) => send(id, offer(value)));
  });
  server.listen(address === "" ? { port: 0, host: "127.0.0.1" } : { path: address });
  await once(server, "listening");
  await serving(address === "" ? String((server.address() as AddressInfo).port) : address);
} else {
  const at = /^\d+$/.test(address) ? { port: Number(address), host: "127.0.0.1" } : { path: address };
  const socket = connect({ ...at, noDelay: true });
  await once(socket, "connect");
  await callingByNumber((answered) => frames(socket, answered));
}
