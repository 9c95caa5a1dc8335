import { Agent, Container, type TraceLevel } from "../../src/index.ts";
import type { Bench } from "./figure.ts";

const AGENTS = 10_000;
/** Agent-steps of one measurement: as many steps as that takes. */
const AGENT_STEPS = 500_000;
const CALLS = 50_000;

class Ticker extends Agent {
  ticks = 0;
  override setup(): void {
    this.#arm();
  }
  #arm(): void {
    this.clock.callIn(1, () => {
      this.ticks++;
      this.#arm();
    });
  }
}

/** A timer and one message to a neighbour each step. */
class Neighbour extends Agent {
  static override readonly exposed = ["note"] as const;
  readonly #peer: string;
  heard = 0;
  constructor(peer: string) {
    super();
    this.#peer = peer;
  }
  override setup(): void {
    this.clock.callIn(1, this.#tick);
  }
  readonly #tick = (): void => {
    this.send(this.#peer, "note", [1]);
    this.clock.callIn(1, this.#tick);
  };
  note(value: number): void {
    this.heard += value;
  }
}

/** The same, as a loop with a sleep. */
class SleepingNeighbour extends Neighbour {
  readonly #to: string;
  constructor(peer: string) {
    super(peer);
    this.#to = peer;
  }
  override setup(): void {
    this.task(async () => {
      for (;;) {
        await this.clock.sleep(1);
        this.send(this.#to, "note", [1]);
      }
    });
  }
}

class Sleeper extends Agent {
  override setup(): void {
    this.task(async () => {
      for (;;) await this.clock.sleep(1);
    });
  }
}

class Echo extends Agent {
  static override readonly exposed = ["echo"] as const;
  echo(value: number): number {
    return value;
  }
  async ask(peer: string, n: number): Promise<void> {
    const remote = await this.connect<typeof Echo>(peer);
    for (let i = 0; i < n; i++) if ((await remote.echo(i)) !== i) throw new Error("wrong answer");
  }
}

class Idle extends Agent {}

/** A loop over as many plain objects with a method, awaited once a step: what the steps would cost without a clock. */
async function plainSteps(): Promise<number> {
  const steps = AGENT_STEPS / AGENTS;
  const objects = Array.from({ length: AGENTS }, () => ({
    ticks: 0,
    tick() {
      this.ticks++;
    },
  }));
  for (let step = 0; step < steps; step++) {
    for (const object of objects) object.tick();
    await undefined;
  }
  return AGENT_STEPS;
}

/** Direct awaited method calls. */
async function plainCalls(): Promise<number> {
  const echo = { echo: async (value: number) => value };
  for (let i = 0; i < CALLS; i++) if ((await echo.echo(i)) !== i) throw new Error("wrong answer");
  return CALLS;
}

/**
 * A benchmark of agents that do the same each second; the message of a step must be delivered, too, if it sends one. The
 * agents are made in the warm-up and live on.
 */
function steps(type: typeof Ticker | typeof Neighbour, agents: number, trace: TraceLevel = "hash") {
  const messages = type === Neighbour || type === SleepingNeighbour ? AGENT_STEPS : 0;
  let population: Promise<Container> | undefined;
  const populate = async (): Promise<Container> => {
    const container = await Container.create({ trace });
    for (let i = 0; i < agents; i++) {
      container.spawn(type as typeof Neighbour, { id: `agent-${i}`, args: [`agent-${(i + 1) % agents}`] });
    }
    await container.advance(0);
    return container;
  };
  return async (): Promise<number> => {
    population ??= populate();
    const container = await population;
    const [, timersBefore = 0, , , , , messagesBefore = 0] = container.counts.deliveries;
    await container.advance(container.clock.time() + AGENT_STEPS / agents);
    const [, timers = 0, , , , , sent = 0] = container.counts.deliveries;
    if (timers - timersBefore !== AGENT_STEPS || sent - messagesBefore !== messages) throw new Error("work is missing");
    return AGENT_STEPS;
  };
}

async function calls(): Promise<number> {
  const container = await Container.create({ limits: { roundsMax: 10 * CALLS } });
  container.spawn(Echo, { id: "a" });
  container.spawn(Echo, { id: "b" });
  container.input("a", "ask", ["b", CALLS]);
  await container.advance(0);
  if (container.counts.deliveries[5] !== CALLS) throw new Error("calls are missing");
  await container.close();
  return CALLS;
}

let idle: Promise<Container> | undefined;

/** Steps with nothing due, 100,000 agents. */
async function idleSteps(): Promise<number> {
  idle ??= (async () => {
    const container = await Container.create();
    for (let i = 0; i < 10 * AGENTS; i++) container.spawn(Idle, { id: `agent-${i}` });
    await container.advance(0);
    return container;
  })();
  const container = await idle;
  const start = container.clock.time();
  for (let i = 1; i <= 1000; i++) await container.advance(start + i);
  return 1000;
}

/** Turns of the event loop: what every step has to give the sockets. */
async function turns(): Promise<number> {
  for (let i = 0; i < 1000; i++) await new Promise((resolve) => setImmediate(resolve));
  return 1000;
}

const stepBench = (name: string, type: typeof Ticker | typeof Neighbour, population: number, trace?: TraceLevel) => ({
  name: `agent-step by ${name}, ${population.toLocaleString("en")} agents`,
  baseline: "a plain method call",
  run: steps(type, population, trace),
  base: plainSteps,
});

export const agents: readonly Bench[] = [
  stepBench("callback", Ticker, AGENTS),
  stepBench("sleep", Sleeper as unknown as typeof Ticker, AGENTS),
  stepBench("callback and one message", Neighbour, AGENTS),
  stepBench("callback and one message without a trace", Neighbour, AGENTS, "off"),
  stepBench("callback and one message", Neighbour, 10 * AGENTS),
  stepBench("sleep and one message", SleepingNeighbour, 10 * AGENTS),
  { name: "awaited call between agents, two rounds", baseline: "a direct awaited call", run: calls, base: plainCalls },
  { name: "step with nothing due, 100,000 agents", baseline: "a turn of the event loop", run: idleSteps, base: turns },
];
