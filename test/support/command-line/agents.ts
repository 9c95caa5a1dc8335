import { Agent } from "cosimas";

/** Shared by all agents of a container that have a process of their own: the mistake that is looked for. */
let served = 0;

/** `w0`, `w2` live in the first of two containers, `w1` in the other. */
export function placement(id: string, containers: number): number {
  return Number(id.slice(1)) % containers;
}

/** What an agent is told to do. */
const DEEDS: Readonly<Record<string, (by: Worker) => unknown>> = {
  number: () => 1,
  count: () => ++served,
  now: () => Date.now(),
  catch: () => {
    try {
      return Math.random();
    } catch {
      return Date.now();
    }
  },
  timer: () => setTimeout(() => {}, 1) && 1,
  boom: () => {
    throw new RangeError("too much");
  },
  spin: (by) => by.spin(),
  keys: () => (process.env["REVERSED"] ? { kvar: 2, kw: 1 } : { kw: 1, kvar: 2 }),
};

export class Worker extends Agent {
  static override readonly exposed = ["act", "ask"] as const;
  static override readonly outputs = ["done"] as const;
  done: unknown = null;

  act(what: string): unknown {
    this.done = DEEDS[what]!(this);
    return this.done;
  }
  async ask(peer: string, what: string): Promise<void> {
    this.done = await (await this.connect<typeof Worker>(peer)).act(what);
  }
  /** Never ends in a process that is to be ended. */
  spin(): number {
    while (process.env["SPINS"]);
    return 1;
  }
}
