import { RemoteCalls, wireOf } from "../../../../adapters/mosaik/remote/server.ts";
import { Channel, memoryPair } from "../../../../src/channel/index.ts";
import type { Simulator } from "../../../../src/cosim/simulator.ts";

/** What mosaik does at the other end of a connection: frames are given and taken as the texts that they hold. */
export interface MosaikPeer {
  readonly calls: RemoteCalls;
  /** Every frame that came from the simulator, oldest first. */
  readonly sent: string[];
  /** Lines of the log. */
  readonly log: string[];
  /** Send frames, byte by byte if `slowly`; resolves when they have been taken and answered. */
  send(texts: readonly string[], slowly?: boolean): Promise<void>;
  /** Frames that these texts lead to. */
  ask(...texts: string[]): Promise<string[]>;
  /** Close the connection, as a mosaik that is gone. */
  drop(): Promise<void>;
}

export function mosaikPeer(simulator: Simulator): MosaikPeer {
  const pair = memoryPair();
  const [near, far] = pair.sides;
  const log: string[] = [];
  const calls = new RemoteCalls(simulator, new Channel(near, wireOf(simulator)), (level, text) =>
    log.push(`${level} ${text}`),
  );
  calls.done.catch(() => {}); // whoever is interested awaits it, too
  const sent: string[] = [];
  let rest = Buffer.alloc(0);
  far.start({
    received(bytes) {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
        const end = 4 + rest.readUInt32BE();
        sent.push(rest.toString("utf8", 4, end));
        rest = rest.subarray(end);
      }
    },
    ended() {},
  });
  const send = async (texts: readonly string[], slowly = false) => {
    for (const text of texts) {
      const frame = Buffer.alloc(4 + Buffer.byteLength(text));
      frame.writeUInt32BE(frame.length - 4);
      frame.write(text, 4);
      if (slowly) for (const byte of frame) far.write(Uint8Array.of(byte));
      else far.write(frame);
    }
    // Answers of simulators take some promises each.
    for (let i = 0; i < 5; i++) await pair.fence();
  };
  return {
    calls,
    sent,
    log,
    send,
    async ask(...texts) {
      const from = sent.length;
      await send(texts);
      return sent.slice(from);
    },
    async drop() {
      far.end();
      await pair.fence();
    },
  };
}
