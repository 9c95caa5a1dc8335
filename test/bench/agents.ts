import { Agent, Container } from "../../src/index.ts";
import type { Bench } from "./figure.ts";

const AGENTS = 10_000;
const STEPS = 10;
const CALLS = 20_000;

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
  const objects = Array.from({ length: AGENTS }, () => ({
    ticks: 0,
    tick() {
      this.ticks++;
    },
  }));
  for (let step = 0; step < STEPS; step++) {
    for (const object of objects) object.tick();
    await undefined;
  }
  return AGENTS * STEPS;
}

/** Direct awaited method calls. */
async function plainCalls(): Promise<number> {
  const echo = { echo: async (value: number) => value };
  for (let i = 0; i < CALLS; i++) if ((await echo.echo(i)) !== i) throw new Error("wrong answer");
  return CALLS;
}

async function steps(type: typeof Ticker | typeof Sleeper): Promise<number> {
  const container = await Container.create();
  for (let i = 0; i < AGENTS; i++) container.spawn(type as typeof Ticker, { id: `agent-${i}` });
  await container.advance(STEPS);
  const timers = container.counts.deliveries[1]!;
  if (timers !== AGENTS * STEPS) throw new Error(`${timers} timers instead of ${AGENTS * STEPS}`);
  await container.close();
  return timers;
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

export const agents: readonly Bench[] = [
  {
    name: "agent-step by callback, 10,000 agents",
    baseline: "a plain method call",
    run: () => steps(Ticker),
    base: plainSteps,
  },
  {
    name: "agent-step by sleep, 10,000 agents",
    baseline: "a plain method call",
    run: () => steps(Sleeper),
    base: plainSteps,
  },
  { name: "awaited call between agents, two rounds", baseline: "a direct awaited call", run: calls, base: plainCalls },
  { name: "step with nothing due, 100,000 agents", baseline: "a turn of the event loop", run: idleSteps, base: turns },
];
