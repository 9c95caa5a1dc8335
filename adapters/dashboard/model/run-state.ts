import type { TraceEvent } from "../../../src/index.ts";
import type { AgentLine, PairLine, StateAnswer } from "./protocol.ts";
import type { SeriesStore } from "./series.ts";

/** Agents of which each is counted by itself; those beyond are counted together. */
const AGENTS_KEPT = 200_000;
/** Pairs of agents that are kept. */
const PAIRS_KEPT = 500_000;
/** Present values of one agent. */
const VALUES_KEPT = 64;
/** Characters of a value that is text. */
const VALUE_CHARS = 80;

/** Who stands outside the simulation. */
export const OUTSIDE_ID = "@";
/** Owner of the series of the run itself: `messages` at each time. */
export const RUN = "run";

type Shown = number | string | boolean;

/**
 * What is known of one agent. A class, because it is written at each event: stores into objects that were made by spreading
 * others take twenty times as long.
 */
export class AgentState {
  readonly id: string;
  type = "";
  state: AgentLine["state"];
  received = 0;
  sent = 0;
  faults = 0;
  last = -1;
  lastKind = "";
  /** Present values, by name. */
  values: Record<string, Shown> | undefined;
  valueCount = 0;
  /** Messages that it got, by sender. */
  from: Map<string, number> | undefined;

  constructor(id: string, state: AgentLine["state"]) {
    this.id = id;
    this.state = state;
  }

  copy(): AgentState {
    const copy = new AgentState(this.id, this.state);
    copy.type = this.type;
    copy.received = this.received;
    copy.sent = this.sent;
    copy.faults = this.faults;
    copy.last = this.last;
    copy.lastKind = this.lastKind;
    copy.values = this.values && { ...this.values };
    copy.valueCount = this.valueCount;
    copy.from = this.from && new Map(this.from);
    return copy;
  }
}

/** The parts of an event that are counted; an `EventLine` has them, too. */
interface Counted {
  readonly kind: string;
  readonly agent?: string;
  readonly peer?: string;
  readonly method?: string;
  readonly ticks?: number;
  readonly round?: number;
}

/** What has become of a run by counting its events: agents, who talks to whom, values. In bounded memory. */
export class RunState {
  ticks = 0;
  round = 0;
  /** Distinct times. */
  steps = 0;
  events = 0;
  messages = 0;
  faults = 0;
  alive = 0;
  readonly #kinds = new Map<string, number>();
  agents = new Map<string, AgentState>();
  #pairs = 0;
  #started = false;
  /** Messages before the present time. */
  #before = 0;
  readonly #series: SeriesStore | undefined;

  /** @param series - Takes the values that are numbers. */
  constructor(series?: SeriesStore) {
    this.#series = series;
  }

  /** Take in what happened next. */
  apply(event: TraceEvent): void {
    this.count(event as Counted);
    switch (event.kind) {
      case "input":
        this.takeInput(event.agent, event.method, event.args);
        return;
      case "created":
      case "removed":
        this.#life(event.agent, event.kind, event.type);
        return;
      case "step":
        if (typeof event.outputs === "object" && event.outputs !== null) this.#outputs(event.sim, event.outputs);
        return;
      case "output":
        this.takeValues(event.agent, event.values);
        return;
    }
  }

  /** Count an event without what it carries. */
  count(event: Counted): void {
    const { kind, agent = "", peer = "" } = event;
    const hasAgent = kind !== "tick" && kind !== "step";
    const own = hasAgent ? this.of(agent) : undefined;
    const other = hasAgent && peer !== "" ? this.of(peer) : undefined;
    this.countOf(kind, event.ticks, event.round, own, other, peer);
  }

  /** The same for whoever has found the agents: `own` it happened to, `other` is its peer; both undefined if unknown. */
  countOf(
    kind: string,
    ticks: number | undefined,
    round: number | undefined,
    own: AgentState | undefined,
    other: AgentState | undefined,
    peer: string,
  ): void {
    this.events++;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (ticks !== undefined && (ticks > this.ticks || !this.#started)) this.#begin(ticks);
    if (round !== undefined && round > this.round && ticks === this.ticks) this.round = round;
    if (own === undefined) return;
    own.last = this.ticks;
    own.lastKind = kind;
    if (kind === "fault") {
      own.faults++;
      this.faults++;
    }
    if (peer === "") return;
    this.messages++;
    own.received++;
    if (other !== undefined) other.sent++;
    this.#pair(own, peer);
  }

  /** A new time. */
  #begin(ticks: number): void {
    if (this.#started) this.#series?.add(RUN, "messages", this.ticks, this.messages - this.#before);
    this.#started = true;
    this.#before = this.messages;
    this.ticks = ticks;
    this.round = 0;
    this.steps++;
  }

  /** The agent's state; undefined if there are too many of them. */
  of(id: string): AgentState | undefined {
    const known = this.agents.get(id);
    if (known !== undefined || this.agents.size >= AGENTS_KEPT) return known;
    const fresh = new AgentState(id, id === OUTSIDE_ID ? "outside" : "alive");
    this.agents.set(id, fresh);
    if (id !== OUTSIDE_ID) this.alive++;
    return fresh;
  }

  #pair(agent: AgentState, peer: string): void {
    agent.from ??= new Map();
    const count = agent.from.get(peer);
    if (count === undefined && this.#pairs++ >= PAIRS_KEPT) return;
    agent.from.set(peer, (count ?? 0) + 1);
  }

  #life(id: string, kind: "created" | "removed", type: string): void {
    const agent = this.of(id);
    if (agent === undefined) return;
    agent.type = type;
    if (kind === "created") {
      if (agent.state === "removed") this.alive++;
      agent.state = "alive";
    } else if (agent.state === "alive") {
      agent.state = "removed";
      this.alive--;
    }
  }

  /** What an agent shows. */
  takeValues(agent: string, values: Readonly<Record<string, unknown>>): void {
    for (const name in values) this.#value(agent, name, values[name]);
  }

  /** What a bridge or master gives to an agent: numbers, or objects of numbers. */
  takeInput(agent: string, method: string, args: readonly unknown[]): void {
    for (let i = 0; i < args.length && i < 4; i++) {
      const arg = args[i];
      if (typeof arg === "number") this.#value(agent, args.length === 1 ? method : `${method}.${i}`, arg);
      else if (typeof arg === "object" && arg !== null && !Array.isArray(arg) && !(arg instanceof Uint8Array)) {
        for (const key in arg) this.#value(agent, `${method}.${key}`, (arg as Record<string, unknown>)[key]);
      }
    }
  }

  /** What a simulator puts out, by entity and attribute. */
  #outputs(sim: string, outputs: object): void {
    for (const eid in outputs) {
      const attrs = (outputs as Record<string, unknown>)[eid];
      if (typeof attrs !== "object" || attrs === null) continue;
      for (const attr in attrs) {
        const value = (attrs as Record<string, unknown>)[attr];
        if (typeof value === "number") this.#series?.add(`${sim}.${eid}`, attr, this.ticks, value);
        else if (typeof value === "boolean") this.#series?.add(`${sim}.${eid}`, attr, this.ticks, Number(value));
      }
    }
  }

  #value(id: string, name: string, value: unknown): void {
    const number = typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : undefined;
    if (number !== undefined) this.#series?.add(id, name, this.ticks, number);
    const agent = this.of(id);
    if (agent === undefined || value === null || value === undefined || typeof value === "object") return;
    agent.values ??= {};
    if (!(name in agent.values) && agent.valueCount++ >= VALUES_KEPT) return;
    agent.values[name] =
      typeof value === "string"
        ? value.slice(0, VALUE_CHARS)
        : typeof value === "bigint"
          ? String(value)
          : (value as Shown);
  }

  /** A copy that goes on by itself; it feeds no series. */
  clone(): RunState {
    const copy = new RunState();
    copy.ticks = this.ticks;
    copy.round = this.round;
    copy.steps = this.steps;
    copy.events = this.events;
    copy.messages = this.messages;
    copy.faults = this.faults;
    copy.alive = this.alive;
    copy.addKinds(this.kinds);
    copy.#pairs = this.#pairs;
    copy.#started = this.#started;
    copy.#before = this.#before;
    for (const [id, agent] of this.agents) copy.agents.set(id, agent.copy());
    return copy;
  }

  /** Numbers that a copy of it holds, about. */
  get size(): number {
    return 12 * this.agents.size + 2 * this.#pairs;
  }

  /** Messages of each pair, less those that `earlier` has. */
  pairs(earlier?: RunState): PairLine[] {
    const lines: PairLine[] = [];
    for (const { id, from } of this.agents.values()) {
      const then = earlier?.agents.get(id)?.from;
      for (const [peer, count] of from ?? []) {
        const more = count - (then?.get(peer) ?? 0);
        if (more > 0) lines.push({ from: peer, to: id, count: more });
      }
    }
    return lines.sort((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1));
  }

  /** Events by kind. */
  get kinds(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#kinds);
  }

  /** Count events of which nothing but the kind is known. */
  addKinds(kinds: Readonly<Record<string, number>>): void {
    for (const [kind, count] of Object.entries(kinds)) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + count);
  }

  counts(): StateAnswer {
    const { ticks, round, steps, events, messages, alive, faults, kinds } = this;
    return { ticks, round, steps, events, messages, agents: alive, faults, kinds };
  }
}

/** An agent's state as a row. */
export function agentLine(agent: AgentState): AgentLine {
  const { id, type, state, received, sent, faults, last, lastKind, values } = agent;
  return { id, type, state, received, sent, faults, last, lastKind, values: finite(values) };
}

/** JSON has no NaN. */
function finite(values: Record<string, Shown> | undefined): Record<string, Shown> {
  const shown: Record<string, Shown> = {};
  for (const name in values) {
    const value = values[name]!;
    shown[name] = typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  }
  return shown;
}
