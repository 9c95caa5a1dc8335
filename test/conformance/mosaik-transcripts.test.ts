import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Simulator } from "cosimas/mosaik";
import { describe, expect, it, vi } from "vitest";
import { type MosaikPeer, mosaikPeer } from "../unit/adapters/mosaik/mosaik-peer.ts";
import { Asking, EventBased, Hybrid, NotANumber, RealTime, TimeBased } from "./mosaik-recorded.ts";

/**
 * Frames between mosaik and Python simulators, played again: mosaik's bytes go to a TypeScript simulator, and every frame
 * that comes from it means what the recorded one means. No frame is left out.
 */
const folder = fileURLToPath(new URL("fixtures/mosaik/", import.meta.url));

interface Line {
  readonly conn: string;
  readonly dir: "M>S" | "S>M";
  readonly event?: string;
  readonly hdr?: string;
  readonly raw?: string;
}

type Message = readonly [type: number, id: number, content: unknown];

/** Simulators of a transcript by connection; of one name, in the order of connecting. */
const SIMULATORS: Record<string, Record<string, (() => Simulator)[]>> = {
  "async_requests.jsonl": { TB: [() => new TimeBased()], MAS: [() => new Asking()] },
  "eventbased.jsonl": { A: [() => new EventBased()], B: [() => new EventBased()] },
  "hybrid.jsonl": {
    T: [() => new TimeBased()],
    H: [() => new Hybrid()],
    E: [() => new EventBased(), () => new EventBased()],
  },
  "infinite_loop.jsonl": { A: [() => new EventBased()], B: [() => new EventBased()] },
  "nan.jsonl": { F: [() => new NotANumber()], T: [() => new TimeBased()] },
  "sametime_loop.jsonl": { A: [() => new EventBased()], B: [() => new EventBased()] },
  "setevent_rt.jsonl": { RT: [() => new RealTime()], EB: [() => new EventBased()] },
  "shifted.jsonl": { A: [() => new TimeBased()], B: [() => new TimeBased()] },
  "timebased.jsonl": { TB: [() => new TimeBased()], TB2: [() => new TimeBased()] },
  "timebased_connect.jsonl": { TB: [() => new TimeBased()] },
};

/** JSON with Python's bare tokens, which no recorded text holds otherwise. */
function parse(text: string): Message {
  return JSON.parse(text.replace(/-?\b(NaN|Infinity)\b/g, '"$&"')) as Message;
}

const REQUEST = 0;

/** One connection of a transcript, with a simulator at its end. */
class Replay {
  readonly simulator: Simulator;
  readonly peer: MosaikPeer;
  /** Id of mosaik's next request, and the one that is not answered. */
  next = 0;
  pending = -1;
  #taken = 0;

  constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.peer = mosaikPeer(simulator);
  }

  async mosaikSends({ hdr, raw }: Line): Promise<void> {
    expect(Buffer.byteLength(raw!).toString(16).padStart(8, "0")).toBe(hdr);
    const [type, id] = parse(raw!);
    if (type === REQUEST) {
      this.next = id + 1;
      this.pending = id;
    }
    await this.peer.send([raw!]);
  }

  async simulatorSends({ raw }: Line): Promise<void> {
    const [type, , content] = parse(raw!);
    if (type === REQUEST && (content as unknown[])[0] === "set_event" && this.simulator instanceof RealTime) {
      this.simulator.setNext().catch(() => {});
    }
    await vi.waitFor(() => expect(this.peer.sent.length).toBeGreaterThan(this.#taken), 10_000);
    expect(parse(this.peer.sent[this.#taken++]!)).toEqual(parse(raw!));
    if (type !== REQUEST) this.pending = -1;
  }

  /** mosaik has said stop; nothing else is sent. */
  async ends(): Promise<void> {
    await this.peer.calls.done;
    expect(this.peer.sent).toHaveLength(this.#taken);
  }
}

/** Whose frame it is, where connections share a name; where two could, they are alike and the later one goes first. */
function ownerOf(line: Line, replays: readonly Replay[]): Replay {
  const [type, id] = parse(line.raw!);
  const mayOwn = (replay: Replay) =>
    line.dir === "M>S" ? type !== REQUEST || replay.next === id : type === REQUEST || replay.pending === id;
  return replays.length === 1 ? replays[0]! : replays.findLast(mayOwn)!;
}

describe("mosaik's transcripts", () => {
  it("are all here", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    expect(files.sort()).toEqual(Object.keys(SIMULATORS).sort());
  });

  it.each(Object.keys(SIMULATORS))("%s: every frame is answered as it was", async (file) => {
    const text = readFileSync(`${folder}${file}`, "utf8").trimEnd();
    const lines = text.split("\n").map((line) => JSON.parse(line.replace(/"msg": .*}$/, '"msg": 0}')) as Line);
    const replays = new Map<string, Replay[]>();
    for (const line of lines) {
      if (line.raw === undefined) {
        if (!line.event!.includes("connected")) continue;
        const known = replays.get(line.conn) ?? [];
        replays.set(line.conn, [...known, new Replay(SIMULATORS[file]![line.conn]![known.length]!())]);
        continue;
      }
      const replay = ownerOf(line, replays.get(line.conn)!);
      if (line.dir === "M>S") await replay.mosaikSends(line);
      else await replay.simulatorSends(line);
    }
    for (const replay of [...replays.values()].flat()) await replay.ends();
  });
});
