/**
 * The least that a call over `ws` can cost: `ws-echo.ts server "" MODE` or `ws-echo.ts client ADDRESS MODE`, peers of
 * `npm run bench -- rpc`. A message is as long as ours of the same call, and has the number of the call and a double in it;
 * nothing is encoded, checked, bounded or timed, and nothing is compressed.
 *
 * With `each` every call is a message, as `ws` is used; the socket is corked until the end of a turn of the queues, so that
 * messages of one turn go in one write. With `together` the calls of one turn are one message, as ours are.
 */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { callingByNumber, offer, serving } from "../peers/load.mjs";

/** Bytes of a call `offer(kw)` and of its answer, as rpc writes them in MsgPack with numbers of 32 bits. */
const CALL_BYTES = 27;
const ANSWER_BYTES = 16;

type Send = (id: number, value: number) => void;

/** Sends frames of so many bytes: each as a message, or those of one turn as one. */
function sending(socket: WebSocket, bytes: number, mode: string | undefined): Send {
  const { _socket: stream } = socket as unknown as { _socket: Socket };
  let out: Buffer[] = [];
  return (id, value) => {
    const frame = Buffer.allocUnsafe(bytes);
    frame.writeUInt32BE(id, 0);
    frame.writeDoubleBE(value, 4);
    if (mode === "together") {
      if (out.push(frame) > 1) return;
      process.nextTick(() => {
        socket.send(out.length === 1 ? out[0]! : Buffer.concat(out));
        out = [];
      });
      return;
    }
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    socket.send(frame);
  };
}

/** Hands over the frames of each message. */
function receiving(socket: WebSocket, bytes: number, take: Send): void {
  socket.on("message", (data) => {
    const message = data as Buffer;
    for (let at = 0; at < message.length; at += bytes) take(message.readUInt32BE(at), message.readDoubleBE(at + 4));
  });
}

const [role, address = "", mode] = process.argv.slice(2);
if (role === "server") {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => {
    const send = sending(socket, ANSWER_BYTES, mode);
    receiving(socket, CALL_BYTES, (id, value) => send(id, offer(value)));
  });
  await once(server, "listening");
  await serving(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
} else {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, "open");
  await callingByNumber((answered) => {
    receiving(socket, ANSWER_BYTES, answered);
    return sending(socket, CALL_BYTES, mode);
  });
}
