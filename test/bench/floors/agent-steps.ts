/**
 * The least that an agent-step can cost on this machine: `agent-steps.ts KIND AGENTS`, a peer of `npm run bench -- agents` as
 * peers/population.ts is. One Map of due times, one queue a round, values copied, the trace's own hash; nothing else: no
 * order is made, nothing is checked, no failure, wait or life is known. What it delivers is what the product delivers: both
 * have the same trace hash, which the suite compares.
 */
import { createInterface } from "node:readline";
import { copyValue } from "../../../src/codec/copy.ts";
import { hashValue } from "../../../src/codec/hash-value.ts";
import { NO_TYPES } from "../../../src/codec/types.ts";
import { Hash64 } from "../../../src/hash.ts";
import { Kind } from "../../../src/kernel/order.ts";
import { combine } from "../../../src/kernel/tracer.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

const TICKS_PER_SECOND = 1_000_000;
/** What the trace calls the birth of an agent. */
const CREATED = 7;

/** Names of the product's classes of agents: they are in the trace. */
const TYPES = { step: "Neighbour", sleep: "SleepingNeighbour", call: "Caller" };
type Work = keyof typeof TYPES;

interface Timer {
  readonly agent: FloorAgent;
  readonly run: () => void;
}

interface Message {
  readonly kind: Kind;
  readonly to: FloorAgent;
  readonly from: FloorAgent;
  readonly method: "note" | "echo";
  readonly content: unknown;
  /** What a request's answer goes to. */
  readonly answer: ((value: unknown) => void) | undefined;
}

const due = new Map<number, Timer[]>();
let queue: Message[] = [];
let now = 0;
/** The upper word of `now`, which is beyond 32 bits after 72 minutes. */
let nowHigh = 0;
let round = 0;
let fired = 0;
let delivered = 0;

function after(seconds: number, agent: FloorAgent, run: () => void): void {
  const ticks = now + Math.round(seconds * TICKS_PER_SECOND);
  const timers = due.get(ticks);
  if (timers === undefined) due.set(ticks, [{ agent, run }]);
  else timers.push({ agent, run });
}

function moveTo(ticks: number): void {
  now = ticks;
  nowHigh = Math.floor(ticks / 2 ** 32);
}

/** Numbers are copied at once, all else as the product does. */
function copied(args: readonly unknown[]): unknown {
  return args.length === 1 && typeof args[0] === "number" ? [args[0] + 0] : copyValue(args, DEFAULT_LIMITS);
}

/** An agent of all three kinds. */
class FloorAgent {
  readonly id: string;
  readonly chain = new Hash64();
  peer: FloorAgent = this;
  heard = 0;

  constructor(id: string) {
    this.id = id;
  }

  step(): void {
    after(1, this, this.tick);
  }

  readonly tick = (): void => {
    queue.push(messageTo(this.peer, this, "note", [1]));
    after(1, this, this.tick);
  };

  async sleep(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => after(1, this, resolve));
      queue.push(messageTo(this.peer, this, "note", [1]));
    }
  }

  async ask(calls: number): Promise<void> {
    for (let i = 0; i < calls; i++) {
      const content = copied([i]);
      const answered = await new Promise((answer) => {
        queue.push({ kind: Kind.request, to: this.peer, from: this, method: "echo", content, answer });
      });
      if (answered !== i) throw new Error("wrong answer");
    }
  }

  note(value: number): void {
    this.heard += value;
  }

  echo(value: number): number {
    return value;
  }
}

function messageTo(to: FloorAgent, from: FloorAgent, method: "note", args: readonly unknown[]): Message {
  return { kind: Kind.oneway, to, from, method, content: copied(args), answer: undefined };
}

function deliver({ kind, to, from, method, content, answer }: Message): void {
  const { chain } = to;
  chain.words(nowHigh, now | 0, round, kind);
  chain.string(from.id);
  chain.string(method);
  hashValue(chain, content, NO_TYPES);
  if (kind === Kind.reply) {
    answer!(content);
    return;
  }
  delivered++;
  const result = to[method].apply(to, content as [number]);
  if (kind === Kind.request) queue.push({ kind: Kind.reply, to: from, from: to, method, content: result, answer });
}

/** Serve everything at `ticks`: what is due, then rounds until nobody sends anything more. */
async function advance(ticks: number): Promise<void> {
  moveTo(ticks);
  round = 0;
  const timers = due.get(ticks) ?? [];
  due.delete(ticks);
  for (let i = 0; i < timers.length; i++) {
    const { agent, run } = timers[i]!;
    agent.chain.words(nowHigh, ticks | 0, 0, Kind.timer);
    run();
  }
  fired += timers.length;
  await undefined; // whoever slept goes on
  while (queue.length > 0) {
    round++;
    const messages = queue;
    queue = [];
    for (let i = 0; i < messages.length; i++) deliver(messages[i]!);
    await undefined; // whoever waited for a reply goes on
  }
}

/** What the trace has of an agent's birth. */
function born(agent: FloorAgent, type: string): void {
  agent.chain.words(0, 0, 0, CREATED);
  agent.chain.string("");
  agent.chain.string(type);
}

/** What the product's agent gets as the input that lets it call. */
function asked(agent: FloorAgent, calls: number): void {
  agent.chain.words(nowHigh, now | 0, 0, Kind.input);
  agent.chain.string("@");
  agent.chain.string("ask");
  hashValue(agent.chain, [agent.peer.id, calls], NO_TYPES);
  void agent.ask(calls);
}

const [kind, count] = process.argv.slice(2) as [Work, string];
const agents = Array.from({ length: Number(count) }, (_, i) => new FloorAgent(`agent-${i}`));
for (const [i, agent] of agents.entries()) {
  agent.peer = agents[(i + 1) % agents.length]!;
  born(agent, TYPES[kind]);
  if (kind !== "call") void agent[kind]();
}
const say = (values: object) => process.stdout.write(`${JSON.stringify(values)}\n`);
say({ bytes: 0 });

let second = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { steps, hash = false } = JSON.parse(line) as { steps: number; hash?: boolean };
  if (hash) {
    say({ traceHash: combine(agents) });
    continue;
  }
  const [doneBefore, messagesBefore] = [fired, delivered];
  const wall = performance.now();
  const cpu = process.cpuUsage();
  for (let step = 1; step <= (kind === "call" ? 1 : steps); step++) {
    second++;
    if (kind === "call") {
      moveTo(second * TICKS_PER_SECOND);
      asked(agents[0]!, steps);
    }
    await advance(second * TICKS_PER_SECOND);
  }
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - wall;
  say({ wallMs, cpuUs: user + system, done: fired - doneBefore, messages: delivered - messagesBefore });
}
