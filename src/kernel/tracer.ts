import { hashArrayOf, hashValue } from "../codec/hash-value.ts";
import { plainCopy, type TypeRegistry } from "../codec/index.ts";
import type { Tag } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import { warn } from "../host.ts";
import { checkArgument, func } from "../options.ts";
import type { AgentTraceEvent, TraceEvent, TraceSink } from "../trace.ts";
import type { AgentRecord, AgentTimer, Delivery } from "./model.ts";
import { compareIds, KIND_NAMES, Kind, sortEvents } from "./order.ts";
import { type ReadOutput, ShownOutputs } from "./shown-outputs.ts";

/** The observers of a run. */
export class Sinks {
  readonly #sinks = new Map<TraceSink, () => void>();
  readonly #changed: () => void;
  #ended = false;

  /** @param changed - Called when an observer has come or gone. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** Observers that there are. */
  get size(): number {
    return this.#sinks.size;
  }

  /** See `TraceSource.attach`. */
  attach(sink: TraceSink, ended: () => void = () => {}): () => void {
    checkArgument("attach", "sink", sink, func);
    checkArgument("attach", "ended", ended, func);
    if (this.#ended) {
      ended();
      return () => {};
    }
    this.#sinks.set(sink, ended);
    this.#changed();
    return () => this.#detach(sink);
  }

  /** Hand a batch to all of them; one that throws is detached and warned about, the run goes on. */
  give(batch: readonly TraceEvent[]): void {
    for (const sink of this.#sinks.keys()) {
      const detach = (error: unknown) => {
        this.#detach(sink);
        warn(`an observer threw and was detached: ${error}`, "COSIMAS_OBSERVER");
      };
      try {
        const result: unknown = sink(batch);
        if (result instanceof Promise) result.catch(detach);
      } catch (error) {
        detach(error);
      }
    }
  }

  /** Nothing more comes: tell all of them, and let them go. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const told = [...this.#sinks.values()];
    this.#sinks.clear();
    this.#changed();
    for (const ended of told) ended();
  }

  #detach(sink: TraceSink): void {
    this.#sinks.delete(sink);
    this.#changed();
  }
}

/** Codes of life in the chain; the kinds of delivery have 0 to 6. */
const LIFE_CODES = { created: 7, removed: 8 } as const;

/** How much a run keeps of its trace. `full` follows causes from the start, even before somebody observes. */
export type TraceLevel = "off" | "hash" | "full";

/**
 * The trace of one container: a hash chain per agent over everything delivered to it, and, while somebody observes,
 * an event for each delivery, handed over in a batch per round.
 *
 * In the chain: tag, kind, peer, method, content. Not in it: logs, outputs, causes, anything of one container or machine.
 */
export class Tracer {
  readonly #types: TypeRegistry;
  readonly #hashes: boolean;
  readonly #full: boolean;
  /** True while causes are to be followed. */
  observed: boolean;
  /** Agents whose chain has grown, if somebody takes note of them. */
  touched: Set<AgentRecord> | undefined;
  /** Whether there are observers: the size of a `Map` is a call, and this is asked for each delivery. */
  #told = false;
  readonly #sinks = new Sinks(() => {
    this.#told = this.#sinks.size > 0;
    this.observed = this.#full || this.#told;
  });
  readonly #shown: ShownOutputs;
  #batch: TraceEvent[] = [];
  #tag: Tag = { ticks: 0, round: 0 };
  /** What {@link idOf} was asked for last, and its id. */
  #named: Delivery | undefined;
  #lastId = "";
  #ticksHigh = 0;
  #ticksLow = 0;

  /**
   * @param types - Whose instances contents may hold.
   * @param read - Reads agents' outputs, while somebody observes.
   */
  constructor(level: TraceLevel, types: TypeRegistry, read: ReadOutput) {
    this.#types = types;
    this.#shown = new ShownOutputs(types, read);
    this.#hashes = level !== "off";
    this.#full = level === "full";
    this.observed = this.#full;
  }

  /** See `TraceSource.attach`. */
  attach(sink: TraceSink, ended?: () => void): () => void {
    return this.#sinks.attach(sink, ended);
  }

  /** The run is over: tell the observers. */
  end(): void {
    this.flush();
    this.#sinks.end();
  }

  /** What is delivered from now on is delivered at `tag`. */
  at(tag: Tag): void {
    this.#tag = tag;
    this.#ticksHigh = Math.floor(tag.ticks / 0x1_0000_0000);
    this.#ticksLow = tag.ticks | 0;
  }

  /** A timer of an agent has fired, before the agent sees it. */
  fired(record: AgentRecord, timer: AgentTimer): void {
    if (this.#hashes) {
      this.touched?.add(record);
      record.words(this.#ticksHigh, this.#ticksLow, this.#tag.round, Kind.timer);
    }
    if (this.#told) this.#noteTimer(record, timer);
  }

  /** A delivery to an agent, before the agent sees it. */
  delivered(record: AgentRecord, delivery: Delivery, peer: string): void {
    if (this.#hashes) {
      this.touched?.add(record);
      record.words(this.#ticksHigh, this.#ticksLow, this.#tag.round, delivery.kind);
      record.string(peer);
      record.string(delivery.method);
      if (delivery.single) hashArrayOf(record, delivery.value, this.#types);
      else hashValue(record, delivery.value, this.#types);
    }
    if (this.#told) this.#noteDelivery(record, delivery, peer);
  }

  #noteTimer(record: AgentRecord, { id, cause }: AgentTimer): void {
    const { ticks, round } = this.#tag;
    this.#batch.push({ kind: "timer", ticks, round, agent: record.id, id, cause });
    this.#shown.served(record, id);
  }

  #noteDelivery(record: AgentRecord, delivery: Delivery, peer: string): void {
    const id = this.idOf(delivery);
    this.#batch.push(toEvent(record, delivery, id, this.#tag, peer, this.#types));
    this.#shown.served(record, id);
  }

  /**
   * Id of a delivery that is served now: made once for its event, for what it causes and for the outputs that it changes,
   * rather than as a new text each time.
   */
  idOf(served: Delivery): string {
    if (served !== this.#named) {
      this.#named = served;
      this.#lastId = served.id;
    }
    return this.#lastId;
  }

  /** An agent came to life, made by `peer`, or was removed. */
  life(kind: "created" | "removed", record: AgentRecord, tag: Tag, cause: string | undefined, peer = ""): void {
    this.touched?.add(record);
    if (this.#hashes) {
      hashTag(record.chain, tag, LIFE_CODES[kind]);
      record.chain.string(peer);
      record.chain.string(record.type.name);
    }
    if (!this.#told) return;
    const id = `${record.id}#${kind}`;
    this.#batch.push({ kind, ...tag, agent: record.id, id, cause, type: record.type.name });
    this.#shown.served(record, id);
  }

  /** An agent has emitted an event; `value` is a copy that nobody changes. */
  emitted(record: AgentRecord, output: string, value: unknown): void {
    if (this.#told) this.#shown.emitted(record, output, value);
  }

  /** All agents of the round were served: tell observers which outputs have changed. */
  roundServed(): void {
    if (this.#told) this.#shown.changes(this.#tag, this.#batch);
  }

  /** An event that is in no chain: ticks, logs, faults. Called only for its observers. */
  note(make: () => TraceEvent): void {
    if (this.#told) this.#batch.push(make());
  }

  /** Hand the batch to the observers, in the order in which runs are seen. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    sortEvents(batch);
    this.#sinks.give(batch);
  }
}

/** An agent's id and the state of its chain. */
interface ChainOfAgent {
  readonly id: string;
  readonly chain: { readonly a: number; readonly b: number };
}

/** Those of a container are in order; to sort a million takes seconds. */
function sortedById(records: Iterable<ChainOfAgent>): readonly ChainOfAgent[] {
  const list = [...records];
  for (let i = 1; i < list.length; i++) if (compareIds(list[i - 1]!, list[i]!) > 0) return list.sort(compareIds);
  return list;
}

/** The chains of all agents in id order, as 16 hexadecimal digits. */
export function combine(records: Iterable<ChainOfAgent>): string {
  const hash = new Hash64();
  for (const record of sortedById(records)) {
    hash.string(record.id);
    hash.word(record.chain.a);
    hash.word(record.chain.b);
  }
  return hash.hex();
}

function hashTag(chain: Hash64, tag: Tag, code: number): void {
  chain.words(Math.floor(tag.ticks / 0x1_0000_0000), tag.ticks | 0, tag.round, code);
}

/** Written field by field: spreading is most of what an observed event costs. */
function toEvent(
  record: AgentRecord,
  delivery: Delivery,
  id: string,
  { ticks, round }: Tag,
  peer: string,
  types: TypeRegistry,
): AgentTraceEvent {
  const agent = record.id;
  const { kind, cause, method, content } = delivery;
  switch (kind) {
    case Kind.reply:
      return { kind: "reply", ticks, round, agent, id, cause, peer, method, content: plainCopy(content, types) };
    case Kind.failure:
      return { kind: "failure", ticks, round, agent, id, cause, peer, method, content: plainCopy(content, types) };
    case Kind.external: {
      const outcome = content as { ok: boolean; content: unknown };
      const { ok } = outcome;
      return { kind: "external", ticks, round, agent, id, cause, ok, content: plainCopy(outcome.content, types) };
    }
    default: {
      const name = KIND_NAMES[kind] as "input" | "request" | "oneway";
      const args = plainCopy(content, types) as unknown[];
      return { kind: name, ticks, round, agent, id, cause, peer, method, args };
    }
  }
}
