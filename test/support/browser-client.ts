import { writeSync } from "node:fs";
import { type BrowserSocket, browserTransport, Channel } from "../../src/channel/index.ts";

/** What a page does: Node's own `WebSocket` is the browser's. */
const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => BrowserSocket };
const channel = new Channel(await browserTransport(new WebSocket(process.argv[2]!)));
const replies = await Promise.all(Array.from({ length: 1000 }, (_, index) => channel.request(index)));
const echoed = replies.filter((reply, index) => reply === index).length;
const bytes = (await channel.request(new Uint8Array(300_000))) as Uint8Array;
await channel.drained();
await channel.close();
const { code } = await channel.closed;
writeSync(1, JSON.stringify({ echoed, bytes: bytes.length, closed: code }));
process.exit(0);
