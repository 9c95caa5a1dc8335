import { type Bucket, type Timed, TimerQueue } from "../../src/clock/timer-queue.ts";
import { TypeRegistry } from "../../src/codec/index.ts";
import { Agent, Container, type TraceLevel } from "../../src/index.ts";
import { AgentRecord, Delivery } from "../../src/kernel/model.ts";
import { Kind } from "../../src/kernel/order.ts";
import { Tracer } from "../../src/kernel/tracer.ts";
import type { Bench } from "./figure.ts";

const AGENTS = 10_000;
/** Agent-steps of one measurement: as many steps as that takes. */
const AGENT_STEPS = 500_000;
const TIMERS = 100_000;
const DELIVERIES = 1_000_000;

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

/** Steps of a population that lives on from one measurement to the next; every timer has to have fired. */
function steps(type: typeof Ticker | typeof Sleeper) {
  let population: Promise<Container> | undefined;
  const populate = async (): Promise<Container> => {
    const container = await Container.create();
    for (let i = 0; i < AGENTS; i++) container.spawn(type as typeof Ticker, { id: `agent-${i}` });
    await container.advance(0);
    return container;
  };
  return async (): Promise<number> => {
    population ??= populate();
    const container = await population;
    const before = container.counts.deliveries[1]!;
    await container.advance(container.clock.time() + AGENT_STEPS / AGENTS);
    if (container.counts.deliveries[1]! - before !== AGENT_STEPS) throw new Error("work is missing");
    return AGENT_STEPS;
  };
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

class Item implements Timed {
  bucket: Bucket | undefined = undefined;
  slot = -1;
}
const items = Array.from({ length: TIMERS }, () => new Item());

/** Timers put into the queue, at a thousand different times or at one, every second one cancelled, the others taken. */
function timers(times: number) {
  return async (): Promise<number> => {
    const queue = new TimerQueue<Item>();
    for (let i = 0; i < TIMERS; i++) queue.add((i * 7919) % times, items[i]!);
    for (let i = 0; i < TIMERS; i += 2) queue.cancel(items[i]!);
    let taken = 0;
    for (let due = queue.peek(); due !== undefined; due = queue.peek()) taken += queue.take(due).length;
    if (taken !== TIMERS / 2) throw new Error("timers are missing");
    return TIMERS;
  };
}

/** As many items pushed to an array and popped. */
async function plainTimers(): Promise<number> {
  const queue: Item[] = [];
  for (let i = 0; i < TIMERS; i++) queue.push(items[i]!);
  while (queue.length > 0) queue.pop();
  return TIMERS;
}

/** What the trace takes for each message that is delivered: here it is a number from another agent. */
function traced(level: TraceLevel) {
  const tracer = new Tracer(level, new TypeRegistry(), { value: () => undefined, copy: (value) => value });
  const owner = { cancelTimer: () => false };
  const record = new AgentRecord("agent-1", { name: "Agent", owner, exposed: new Map(), outputs: [] });
  const message = new Delivery(Kind.oneway, "agent-1", record, record, 1, "note", [1.5], -1, undefined);
  return async (): Promise<number> => {
    const { a } = record.chain;
    for (let i = 0; i < DELIVERIES; i++) tracer.delivered(record, message, "agent-2");
    if ((record.chain.a === a) !== (level === "off")) throw new Error("the chain is wrong");
    return DELIVERIES;
  };
}

export const clock: readonly Bench[] = [
  { name: "timer by callback, 10,000 agents", baseline: "a plain method call", run: steps(Ticker), base: plainSteps },
  { name: "timer by sleep, 10,000 agents", baseline: "a plain method call", run: steps(Sleeper), base: plainSteps },
  { name: "step with nothing due, 100,000 agents", baseline: "a turn of the event loop", run: idleSteps, base: turns },
  { name: "timer in the queue, one time", baseline: "an array's push and pop", run: timers(1), base: plainTimers },
  {
    name: "timer in the queue, 1,000 times",
    baseline: "an array's push and pop",
    run: timers(1000),
    base: plainTimers,
  },
  { name: "trace hash of a message", baseline: "no trace", run: traced("hash"), base: traced("off") },
];
