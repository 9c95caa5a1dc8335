import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What the proxy does with bytes from now on, on every connection. */
export interface Faults {
  /** Hold each piece back for so many milliseconds. */
  delayMs: number;
  /** Pass on single bytes, each in a write of its own. */
  slice: boolean;
  /** Pass on every whole frame twice: from the server to clients. */
  duplicate: boolean;
  /** Pass on nothing, and read nothing: what is sent piles up at the sender. */
  stall: boolean;
  /** Take everything and pass on nothing, not even an end: the cable is cut, and nobody has noticed. */
  halfOpen: boolean;
  /** Pass on pieces of different connections in the reverse of the order in which they came, in groups of so many. */
  reorder: number;
}

/** A TCP proxy in front of a listener that breaks what it is told to break. */
export interface FaultProxy {
  /** `tcp://127.0.0.1:PORT`. */
  readonly address: string;
  readonly faults: Faults;
  /** Connections that are open now. */
  readonly size: number;
  /** End every connection with a reset. */
  reset(): void;
  /** End every connection, and accept no more. */
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

export async function faultProxy(target: string): Promise<FaultProxy> {
  const faults: Faults = { delayMs: 0, slice: false, duplicate: false, stall: false, halfOpen: false, reorder: 0 };
  const links = new Set<Link>();
  const held: (() => void)[] = [];
  const wakers = new Set<() => void>();

  const inOrder = (pass: () => void) => {
    if (faults.reorder === 0) return pass();
    held.push(pass);
    if (held.length >= faults.reorder) for (const each of held.splice(0).reverse()) each();
  };
  const pump = async (from: Socket, to: Socket, twice: boolean) => {
    const frames = new Frames();
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        while (faults.stall) await new Promise<void>((resolve) => wakers.add(resolve));
        if (faults.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
        if (faults.halfOpen) continue;
        if (faults.slice) {
          for (const byte of chunk) {
            if (!to.write(Uint8Array.of(byte))) await once(to, "drain");
            await new Promise((resolve) => setImmediate(resolve));
          }
        } else if (twice && faults.duplicate) {
          for (const frame of frames.push(chunk)) to.write(Buffer.concat([frame, frame]));
        } else inOrder(() => to.write(chunk));
      }
      if (!faults.halfOpen) to.end();
    } catch {
      if (!faults.halfOpen) to.destroy();
    }
  };

  const port = Number(target.split(":").at(-1));
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const server = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const link = { client, server };
    links.add(link);
    for (const socket of [client, server]) {
      socket.on("error", () => {});
      socket.on("close", () => {
        if (client.closed && server.closed) links.delete(link);
      });
    }
    void pump(client, server, false);
    void pump(server, client, true);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port: own } = proxy.address() as { port: number };
  const each = (end: (socket: Socket) => void) => {
    for (const { client, server } of links) for (const socket of [client, server]) end(socket);
  };
  let closed: Promise<unknown> | undefined;
  return {
    address: `tcp://127.0.0.1:${own}`,
    faults: new Proxy(faults, {
      set(target, name, value) {
        Object.assign(target, { [name]: value });
        for (const wake of wakers) wake();
        wakers.clear();
        if (name === "reorder") for (const pass of held.splice(0)) pass();
        return true;
      },
    }),
    get size(): number {
      return links.size;
    },
    reset: () => each((socket) => socket.resetAndDestroy()),
    async close(): Promise<void> {
      for (const wake of wakers) wake();
      each((socket) => socket.destroy());
      closed ??= once(proxy.close(), "close");
      await closed;
    },
  };
}

/** Cuts a stream into whole frames, headers included. */
class Frames {
  #rest = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const end = 4 + this.#rest.readUInt32BE();
      frames.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}
