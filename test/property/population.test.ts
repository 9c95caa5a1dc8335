import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Agent, type CommunicationModel, Container, type Remote } from "../../src/index.ts";

/** What one agent does at a time: a step of a random program. */
type Action =
  | { do: "call"; peer: number; depth: number }
  | { do: "both"; peers: [number, number] }
  | { do: "send"; peer: number; delay: number }
  | { do: "sleep"; dt: number }
  | { do: "timer"; dt: number }
  | { do: "spawn" }
  | { do: "throw"; peer: number }
  | { do: "doze"; peer: number; dt: number }
  | { do: "leave"; peer: number };

interface Plan {
  agents: number;
  communication: CommunicationModel | undefined;
  inputs: { at: number; agent: number; actions: Action[] }[];
}

/** Agents that get no inputs. */
const GUESTS = 2;

const name = (index: number) => `agent-${index}`;

/** Runs a program and draws random numbers on the way; what it does shows only in its messages. */
class Actor extends Agent {
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

const chance = fc.constantFrom(0, 0.1, 0.5);
const link = fc.record({
  delay: fc.constantFrom(0, 0.1, 1),
  jitter: fc.constantFrom(0, 0.3),
  loss: chance,
  duplication: chance,
  bandwidth: fc.constantFrom(10, 1000),
});
const communications: fc.Arbitrary<CommunicationModel> = fc.record({
  links: fc.oneof(
    link,
    fc.tuple(link, link).map(([all, some]) => [all, { ...some, from: name(0) }]),
    link.map((some) => (from: string, to: string) => (from < to ? some : undefined)),
  ),
  partitions: fc.constantFrom([], [{ at: 1, until: 3, groups: [[name(0)], [name(1)]] }]),
  callTimeout: fc.constantFrom(0.5, 2),
});
const dt = fc.constantFrom(0, 0.1, 0.25, 1, 3);
const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 6 }).chain((agents) => {
  // The last one does not exist; the two before it get no inputs, and may be removed.
  const peer = fc.integer({ min: 0, max: agents + GUESTS });
  const guest = fc.integer({ min: agents, max: agents + GUESTS - 1 });
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({ do: fc.constant("call" as const), peer, depth: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ do: fc.constant("both" as const), peers: fc.tuple(peer, peer) }),
    fc.record({ do: fc.constant("send" as const), peer, delay: dt }),
    fc.record({ do: fc.constant("sleep" as const), dt }),
    fc.record({ do: fc.constant("timer" as const), dt }),
    fc.record({ do: fc.constant("spawn" as const) }),
    fc.record({ do: fc.constant("throw" as const), peer }),
    fc.record({ do: fc.constant("doze" as const), peer: guest, dt }),
    fc.record({ do: fc.constant("leave" as const), peer: guest }),
  );
  const input = fc.record({
    at: fc.integer({ min: 0, max: 5 }),
    agent: fc.integer({ min: 0, max: agents - 1 }),
    actions: fc.array(action, { maxLength: 5 }),
  });
  return fc.record({
    agents: fc.constant(agents),
    communication: fc.option(communications, { nil: undefined }),
    inputs: fc.array(input, { maxLength: 8 }),
  });
});

interface Schedule {
  /** Spawn the agents in the opposite order. */
  reversed: boolean;
  /** Let somebody look at every event. */
  observed: boolean;
  /** Advance in steps of this many seconds. */
  stride: number;
}

async function hashOf(plan: Plan, { reversed, observed, stride }: Schedule): Promise<string> {
  const { communication } = plan;
  const container = await Container.create({ seed: 7, ...(communication && { communication }) });
  const indices = Array.from({ length: plan.agents + GUESTS }, (_, i) => i);
  for (const index of reversed ? indices.reverse() : indices) container.spawn(Actor, { id: name(index) });
  let seen = 0;
  if (observed) container.events$.subscribe(() => seen++);
  for (let t = 0; t <= 20; t += stride) {
    const due = plan.inputs.filter(({ at }) => at === t);
    for (const { agent, actions } of due) {
      container.input(name(agent), "run", [actions]);
    }
    await container.advance(t);
  }
  const hash = container.traceHash();
  await container.close();
  if (observed) expect(seen).toBeGreaterThan(0);
  return hash;
}

describe("a random population", () => {
  it("has one trace, whoever observes, in whatever order it was spawned and advanced", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const first = await hashOf(plan, { reversed: false, observed: false, stride: 1 });
        const others = [
          { reversed: true, observed: false, stride: 1 },
          { reversed: false, observed: true, stride: 1 },
          { reversed: true, observed: true, stride: 0.5 },
        ];
        for (const schedule of others) expect(await hashOf(plan, schedule)).toBe(first);
      }),
      { numRuns: process.env["COSIMAS_HEAVY"] === "1" ? 2000 : 100 },
    );
  });
});
