import { Agent, Hash64, type Remote } from "../../src/index.ts";

/** What one agent does at a time: a step of a random program. */
export type Action =
  | { do: "call"; peer: number; depth: number }
  | { do: "both"; peers: [number, number] }
  | { do: "send"; peer: number; delay: number }
  | { do: "sleep"; dt: number }
  | { do: "timer"; dt: number }
  | { do: "spawn" }
  | { do: "throw"; peer: number }
  | { do: "doze"; peer: number; dt: number }
  | { do: "leave"; peer: number };

/** Id of the agent of this number. */
export const name = (index: number): string => `agent-${index}`;

/** Runs a program and draws random numbers on the way; what it does shows only in its messages. */
export class Actor extends Agent {
  static override readonly exposed = ["echo", "fail", "note", "doze", "leave"] as const;
  heard = 0;
  async run(actions: Action[]): Promise<void> {
    for (const action of actions) await this.#act(action);
  }
  async echo(depth: number, value: number): Promise<number> {
    if (depth > 0) {
      const peer = await this.connect<typeof Actor>(this.id);
      return peer.echo(depth - 1, value + this.random());
    }
    return value + this.heard;
  }
  fail(): never {
    throw new RangeError(`${this.id} at ${this.clock.time()}`);
  }
  note(value: number): void {
    this.heard += value;
  }
  /** Sleeps and timers that may be cut off by a removal. */
  async doze(dt: number): Promise<void> {
    this.clock.callIn(dt, () => this.send(name(0), "note", [this.random()]));
    try {
      await this.clock.sleep(dt);
    } finally {
      this.heard++;
    }
  }
  leave(): void {
    this.remove();
  }
  async #act(action: Action): Promise<void> {
    const remote = (index: number) => this.connect<typeof Actor>(name(index));
    switch (action.do) {
      case "call":
        this.heard += await (await remote(action.peer)).echo(action.depth, this.random()).catch(() => -1);
        break;
      case "both": {
        const peers = await Promise.all(action.peers.map(remote));
        const answers = await Promise.allSettled(peers.map((peer) => peer.echo(1, this.random())));
        this.heard += answers.filter(({ status }) => status === "fulfilled").length;
        break;
      }
      case "send":
        this.send(name(action.peer), "note", [this.random()], { delay: action.delay });
        break;
      case "sleep":
        await this.clock.sleep(action.dt);
        break;
      case "timer":
        this.clock.callIn(action.dt, () => this.send(this.id, "note", [this.random()]));
        break;
      case "spawn":
        await this.#raise(this.spawn(Actor));
        break;
      case "throw":
        await (await remote(action.peer)).fail().catch((error: Error) => this.log(error.message));
        break;
      case "doze":
        this.send(name(action.peer), "doze", [action.dt]);
        break;
      case "leave": // the peer may be in the middle of whatever it does, and so may this agent itself
        await (await remote(action.peer)).leave().catch(() => {});
    }
  }
  /** A child lives, answers, leaves, and is called too late. */
  async #raise(child: Remote<typeof Actor>): Promise<void> {
    this.heard += await child.echo(0, 1).catch(() => 0);
    await child.leave().catch(() => {});
    this.heard += await child.echo(0, 1).catch((error) => error.message.length);
  }
}

/** Spreads the agents as the environment says, so that a test can have another spread in other processes too. */
export function placement(id: string, containers: number): number {
  const hash = new Hash64();
  hash.string(id + (process.env["COSIMAS_TEST_PLACEMENT"] ?? ""));
  return (hash.b >>> 0) % containers;
}
