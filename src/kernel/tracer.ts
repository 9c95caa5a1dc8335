import { hashArrayOf, hashValue } from "../codec/hash-value.ts";
import { plainCopy, type TypeRegistry } from "../codec/index.ts";
import type { Tag } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import { warn } from "../host.ts";
import { checkArgument, func } from "../options.ts";
import type { AgentTraceEvent, TraceEvent, TraceSink } from "../trace.ts";
import type { AgentRecord, AgentTimer, Delivery } from "./model.ts";
import { compareIds, KIND_NAMES, Kind, OUTSIDE, type Sender, sortEvents } from "./order.ts";
import { type ReadOutput, ShownOutputs, type TellOutputs } from "./shown-outputs.ts";
import { Cause } from "./trace/cause.ts";
import { RowKind, type RowSink, sortRows, TraceRow } from "./trace/row.ts";

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
 * an event for each delivery, handed over in a batch per round. A recording gets rows in their place, and events made of
 * them only if somebody else observes, too.
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
  /** Takes rows, if there is a recording. */
  #keep: RowSink | undefined;
  /** Whether anybody takes anything. */
  #noted = false;
  readonly #sinks = new Sinks(() => this.#look());
  readonly #shown: ShownOutputs;
  #batch: TraceEvent[] = [];
  #rows: TraceRow[] = [];
  #tag: Tag = { ticks: 0, round: 0 };
  /** What {@link causeOf} has given last. */
  #cause = new Cause(OUTSIDE, -1);
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

  /** Feed the one recording, which takes rows, from the next event on. If it throws, it gets no more, and the run goes on. */
  keep(sink: RowSink): void {
    this.#keep = sink;
    this.#look();
  }

  #look(): void {
    this.#told = this.#sinks.size > 0;
    this.#noted = this.#told || this.#keep !== undefined;
    this.observed = this.#full || this.#noted;
  }

  /** The run is over: tell the observers. */
  end(): void {
    this.flush();
    this.#keep = undefined;
    this.#sinks.end();
    this.#look();
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
    if (this.#noted) this.#noteTimer(record, timer);
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
    if (this.#noted) this.#noteDelivery(record, delivery, peer);
  }

  #noteTimer(record: AgentRecord, { seq, cause }: AgentTimer): void {
    const event = this.causeOf(record, seq);
    if (this.#told) {
      const { ticks, round } = this.#tag;
      this.#note({ kind: "timer", ticks, round, agent: record.id, id: event.id, cause: cause?.id });
    } else {
      this.#rows.push(new TraceRow(Kind.timer, this.#tag, record, record, seq, cause, "", "", undefined, false));
    }
    this.#shown.served(record, event);
  }

  #noteDelivery(record: AgentRecord, delivery: Delivery, peer: string): void {
    const { kind, from, seq, cause, method, single } = delivery;
    const event = this.causeOf(from, seq);
    if (this.#told || kind === Kind.external) {
      this.#note(toEvent(record, delivery, event.id, this.#tag, peer, this.#types));
    } else {
      const content = single ? delivery.value : plainCopy(delivery.content, this.#types);
      this.#rows.push(new TraceRow(kind, this.#tag, record, from, seq, cause, peer, method, content, single));
    }
    this.#shown.served(record, event);
  }

  /** Take an event for whoever is there. */
  #note(event: TraceEvent): void {
    if (this.#told) this.#batch.push(event);
    if (this.#keep !== undefined) this.#rows.push(TraceRow.of(event));
  }

  /**
   * The event of this number among what `from` has emitted. The last one is given again: it is the same that is observed, that
   * causes others and that changes outputs, and its id is one text.
   */
  causeOf(from: Sender, seq: number): Cause {
    if (this.#cause.seq !== seq || this.#cause.from !== from) this.#cause = new Cause(from, seq);
    return this.#cause;
  }

  /** An agent came to life, made by `peer`, or was removed. */
  life(kind: "created" | "removed", record: AgentRecord, tag: Tag, cause: Cause | undefined, peer = ""): void {
    this.touched?.add(record);
    if (this.#hashes) {
      hashTag(record.chain, tag, LIFE_CODES[kind]);
      record.chain.string(peer);
      record.chain.string(record.type.name);
    }
    if (!this.#noted) return;
    const event = Cause.of(`${record.id}#${kind}`);
    this.#note({ kind, ...tag, agent: record.id, id: event.id, cause: cause?.id, type: record.type.name });
    this.#shown.served(record, event);
  }

  /** An agent has emitted an event; `value` is a copy that nobody changes. */
  emitted(record: AgentRecord, output: string, value: unknown): void {
    if (this.#noted) this.#shown.emitted(record, output, value);
  }

  /** All agents of the round were served: tell observers which outputs have changed. */
  roundServed(): void {
    if (this.#noted) this.#shown.changes(this.#noteOutputs);
  }

  readonly #noteOutputs: TellOutputs = (record, number, cause, values) => {
    if (this.#told) {
      const { ticks, round } = this.#tag;
      const id = `${record.id}#output-${number}`;
      this.#note({ kind: "output", ticks, round, agent: record.id, id, cause: cause.id, values });
    } else {
      this.#rows.push(new TraceRow(RowKind.output, this.#tag, record, record, number, cause, "", "", values, false));
    }
  };

  /** An event that is in no chain: ticks, logs, faults. Called only for its observers. */
  note(make: () => TraceEvent): void {
    if (this.#noted) this.#note(make());
  }

  /** Hand the batch to the observers, in the order in which runs are seen. */
  flush(): void {
    if (this.#rows.length > 0) this.#flushRows();
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    sortEvents(batch);
    this.#sinks.give(batch);
  }

  #flushRows(): void {
    const rows = this.#rows;
    this.#rows = [];
    sortRows(rows);
    try {
      this.#keep?.(rows);
    } catch (error) {
      this.#keep = undefined;
      this.#look();
      warn(`the recording threw and was detached: ${error}`, "COSIMAS_OBSERVER");
    }
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
  const { kind, method, content } = delivery;
  const cause = delivery.cause?.id;
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
