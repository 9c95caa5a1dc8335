import { Agent } from "cosimas";
import { type AgentMessage, type EntitySpec, type FederateSetup, federate } from "cosimas/helics";
import { AgentSimulator, type AgentSimulatorOptions, agentModel } from "cosimas/mosaik";
import type { Broker, HelicsEnvironment } from "./helics.ts";

/** Takes a number, and puts out ten times as much. */
export class Follower extends Agent {
  static override readonly outputs = ["y"] as const;
  y = 0;
  /** Seconds and what was given then. */
  readonly seen: [number, number][] = [];

  take({ x }: { x: number }): void {
    this.seen.push([this.clock.time(), x]);
    this.y = 10 * x;
  }
}

/** Takes messages, and answers each. */
export class Clerk extends Agent {
  static override readonly outputs = ["answer"] as const;
  readonly seen: [number, string, unknown][] = [];

  take({ orders }: { orders: readonly AgentMessage[] }): void {
    for (const { from, value } of orders) this.seen.push([this.clock.time(), from, value]);
    this.emit("answer", { got: orders.length, at: this.clock.time() });
  }
}

/** Takes a number and messages; puts out ten times as much, and answers each message. */
export class Trader extends Agent {
  static override readonly outputs = ["y", "answer"] as const;
  y = 0;
  /** Seconds, the number and what the messages said. */
  readonly seen: [number, number, readonly unknown[]][] = [];

  take({ x, orders = [] }: { x: number; orders?: readonly AgentMessage[] }): void {
    this.seen.push([this.clock.time(), x, orders.map(({ from, value }) => [from, value])]);
    this.y = 10 * x;
    for (const { value } of orders) this.emit("answer", { to: value });
  }
}

/** x = cos y. */
export class Cosine extends Agent {
  static override readonly outputs = ["x"] as const;
  x = 1;
  rounds = 0;

  take({ y }: { y: number }): void {
    this.rounds++;
    this.x = Math.cos(y);
  }
}

/** Fails at a time. */
export class Faulty extends Agent {
  static override readonly outputs = ["y"] as const;
  y = 0;

  take({ x }: { x: number }): void {
    if (x >= 3) throw new Error("the inverter is gone");
    this.y = x;
  }
}

/** Puts out half of what it takes. */
export class Half extends Agent {
  static override readonly outputs = ["y"] as const;
  y = 0;

  take({ x }: { x: number }): void {
    this.y = x / 2;
  }
}

/** A population of one class of agents. */
export function populationOf(
  models: AgentSimulatorOptions["models"],
  options: Omit<AgentSimulatorOptions, "models"> = {},
): AgentSimulator {
  return new AgentSimulator({ seed: 1, models, ...options });
}

export const FOLLOWER = {
  Follower: agentModel(Follower, { method: "take", inputs: { x: "one" }, outputs: ["y"] }),
};
export const CLERK = {
  Clerk: agentModel(Clerk, { method: "take", inputs: { orders: "one" }, outputs: { answer: "event" } }),
};
export const TRADER = {
  Trader: agentModel(Trader, {
    method: "take",
    inputs: { x: "one", orders: "one" },
    outputs: { y: "state", answer: "event" },
  }),
};
export const COSINE = {
  Cosine: agentModel(Cosine, { method: "take", inputs: { y: "one" }, outputs: { x: "change" } }),
};
export const HALF = { Half: agentModel(Half, { method: "take", inputs: { x: "one" }, outputs: ["y"] }) };
export const FAULTY = { Faulty: agentModel(Faulty, { method: "take", inputs: { x: "one" }, outputs: ["y"] }) };

/** The agent "a" of a population of one, as a federate "agents". */
export async function federateOne<A extends Agent>(
  environment: HelicsEnvironment,
  broker: Pick<Broker, "address" | "coreType">,
  simulator: AgentSimulator,
  entity: Omit<EntitySpec, "eid">,
  setup: Partial<FederateSetup> = {},
) {
  const spec = { ...entity, eid: "a" };
  let agent: A | undefined;
  const watched = watch<A>(simulator, (made) => {
    agent = made;
  });
  const run = federate({
    name: "agents",
    library: environment.library!,
    coreType: broker.coreType as "zmq",
    broker: broker.address,
    simulator: watched,
    entities: [spec],
    untilS: 10,
    ...setup,
  });
  const summary = await run;
  return { summary, agent: agent! };
}

/** Let `made` know the agent that the simulator makes. */
function watch<A extends Agent>(simulator: AgentSimulator, made: (agent: A) => void): AgentSimulator {
  const create = simulator.create.bind(simulator);
  simulator.create = (num, model, params) => {
    const spawn = simulator.container.spawn.bind(simulator.container);
    simulator.container.spawn = ((...args: Parameters<typeof spawn>) => {
      const agent = spawn(...args);
      made(agent as unknown as A);
      return agent;
    }) as typeof spawn;
    return create(num, model, params);
  };
  return simulator;
}
