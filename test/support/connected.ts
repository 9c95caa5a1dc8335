import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Channel, type ChannelOptions, listen, memoryPair, type OpenOptions, open } from "../../src/channel/index.ts";

/** Two channels that are connected to each other. */
export interface Connected {
  readonly left: Channel;
  readonly right: Channel;
  /** Resolves when what was sent before has arrived and was answered. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Connects two channels with each other. */
export type Connect = (options?: ChannelOptions) => Promise<Connected>;

export async function memory(options: ChannelOptions = {}): Promise<Connected> {
  const pair = memoryPair();
  const [left, right] = pair.sides.map((side) => new Channel(side, options)) as [Channel, Channel];
  return {
    left,
    right,
    settled: pair.fence,
    close: async () => void (await Promise.all([left.close(), right.close()])),
  };
}

/** Connects through a listener at `address`; `more` goes to both sides. */
export function over(address: string, more: Pick<OpenOptions, "tls" | "hello"> = {}): Connect {
  return async (options = {}) => {
    let accept: (channel: Channel) => void = () => {};
    const accepted = new Promise<Channel>((resolve) => {
      accept = resolve;
    });
    const listener = await listen(address, accept, { ...options, ...more });
    const left = await open(listener.address, { ...options, ...more });
    const right = await accepted;
    const close = async () => void (await Promise.all([left.close(), listener.close()]));
    // A reply to a request sent now comes after everything before it, in both directions.
    const settled = async () => {
      for (const side of [left, right]) if (side.isOpen) await side.request("settled?").catch(() => {});
    };
    return { left, right, settled, close };
  };
}

/** A peer that sends bytes as it likes: the other end of a channel is a plain socket. */
export interface Raw {
  readonly channel: Channel;
  readonly socket: Socket;
  /** Send payloads, each in a frame of its own. */
  send(...payloads: string[]): void;
  close(): Promise<void>;
}

export async function raw(options: ChannelOptions = {}): Promise<Raw> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const [channel, [socket]] = (await Promise.all([
    open(`tcp://127.0.0.1:${port}`, options),
    once(server, "connection"),
  ])) as [Channel, [Socket]];
  socket.on("error", () => {});
  return {
    channel,
    socket,
    send(...payloads): void {
      for (const payload of payloads) {
        const bytes = Buffer.from(payload, "hex");
        const header = Buffer.alloc(4);
        header.writeUInt32BE(bytes.length);
        socket.write(Buffer.concat([header, bytes]));
      }
    },
    async close(): Promise<void> {
      socket.destroy();
      server.close();
      await channel.close();
    },
  };
}

/** A plain client of a listener. */
export async function rawClient(address: string): Promise<Socket> {
  const socket = connect(Number(address.split(":").at(-1)), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}
