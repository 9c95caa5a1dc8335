import type { AgentClass } from "../agent/agent.ts";
import { Container } from "../agent/container.ts";
import { crossingFromFeed, PeerPopulations, type PopulationNames } from "../agent/populations.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { DATE_TIME } from "../agent/simulation.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import { TypeRegistry, type Value, type ValueType } from "../codec/index.ts";
import { RecordingError, RemoteError, RunError } from "../errors.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import type { RecordedExternals } from "../kernel/kernel.ts";
import type { Limits } from "../limits.ts";
import { Causes, Comparison, type Difference, firstDifference } from "../observe/comparison.ts";
import {
  boolean,
  checkOptions,
  func,
  listOf,
  number,
  type OptionChecks,
  object,
  required,
  signal,
} from "../options.ts";
import { type FeedEntry, openRun, type RowCursor, type RunFile, type RunHeader } from "../recording/index.ts";
import type { ExternalEvent, TraceEvent } from "../trace.ts";
import { type RecordedAdvance, recordedAdvances } from "./recorded-advances.ts";

/** What a replay is made with. */
export interface ReplayOptions {
  /** The agents' classes, each under the name that it has in the recording: a module's exports, for example. */
  readonly classes: Readonly<Record<string, unknown>> | Iterable<AgentClass>;
  /** Registered types, as the recorded run had them. */
  readonly types?: readonly ValueType[];
  /** The communication model, if the recorded run had one with a function: a recording cannot have that. */
  readonly communication?: CommunicationModel;
  /** Seconds: replay up to this time, included. Default: all. */
  readonly until?: number;
  /** Seconds: compare from this time on; what is before is only replayed. Default 0. */
  readonly from?: number;
  /** Goes on after the first difference, with the recorded inputs; default false: it ends there. */
  readonly goOn?: boolean;
  /** Told the events of the replay, from `from` on, an advance at a time; a promise holds the replay until it settles. */
  readonly onEvents?: (events: readonly TraceEvent[]) => void | Promise<void>;
  /** How far it is, from 0 to 1; undefined if the recording's end is missing. */
  readonly progress?: (fraction: number | undefined, timeS: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Make agents that were spawned from outside one after the other in the opposite order: what they do must not depend on
   * it. Default false.
   */
  readonly reversed?: boolean;
}

const SECONDS = number({ min: 0, infinite: true, unit: "seconds" });
const CHECKS: OptionChecks<ReplayOptions> = {
  // The exports of a module, or a list.
  classes: required({ ...object, allowed: "classes by their names, or a list of them", accepts: isObject }),
  types: listOf(object),
  communication: object,
  until: SECONDS,
  from: SECONDS,
  goOn: boolean,
  reversed: boolean,
  onEvents: func,
  progress: func,
  signal,
};

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** What a replay found. */
export interface ReplayResult {
  /** Where the replay differs first from the recording; undefined if it does not. */
  readonly difference: Difference | undefined;
  /** Events that were the same. */
  readonly compared: number;
  /** Advances that were replayed. */
  readonly advances: number;
  /** Hash of the replay's trace. */
  readonly traceHash: string;
  /** Hash that the recording ends with; undefined if it is torn, or the replay ended before. */
  readonly recordedHash: string | undefined;
  /** Why the last advance failed, if it did. */
  readonly failure: Error | undefined;
  readonly header: RunHeader;
}

/**
 * Run the agents of a recording again, from what was recorded of the outside: no master, no simulators, no peers, no real
 * I/O. Every event is compared with the recorded one.
 *
 * @throws RecordingError if the file cannot be read, `ERR_REPLAY_CLASS` if a class is missing, `ERR_REPLAY_COMMUNICATION`.
 */
export async function replay(path: string, options: ReplayOptions): Promise<ReplayResult> {
  checkOptions("replay", options, CHECKS);
  const file = await openRun(path);
  try {
    return await new Replay(file, options).run();
  } finally {
    await file.close();
  }
}

/** Why the last advance of a recording that was cut off is not made to its end. */
const CUT = new RunError("ERR_RUN_CLOSED", "nothing more is recorded");

class Replay {
  readonly #file: RunFile;
  readonly #options: ReplayOptions;
  readonly #classes: ReadonlyMap<string, AgentClass>;
  readonly #types: TypeRegistry;
  readonly #comparison = new Comparison(false);
  /** Stands on the events of the advance that is compared. */
  readonly #recorded: RowCursor;
  readonly #reading: RowCursor;
  readonly #externals = new Map<string, ExternalEvent>();
  /** The other populations, if the recorded one is one of several: what they get is dropped. */
  readonly #populations: PeerPopulations | undefined;
  #actual: TraceEvent[] = [];
  /** Number of events in the advance after which nothing is recorded. */
  #cutAt = Number.POSITIVE_INFINITY;
  #advances = 0;
  #failure: Error | undefined;

  constructor(file: RunFile, options: ReplayOptions) {
    this.#file = file;
    this.#options = options;
    this.#reading = file.cursor();
    this.#recorded = this.#reading.copy();
    const { classes, types = [] } = options;
    const all = Symbol.iterator in classes ? [...(classes as Iterable<AgentClass>)] : Object.values(classes);
    this.#classes = new Map(
      (all as AgentClass[]).filter((type) => typeof type === "function").map((type) => [type.name, type]),
    );
    this.#types = new TypeRegistry([DATE_TIME, ...types, AGENT_REFERENCE]);
    const { populations } = file.header.options as { populations?: PopulationNames };
    if (populations !== undefined) this.#populations = new PeerPopulations(populations);
  }

  async run(): Promise<ReplayResult> {
    const { header, summary } = this.#file;
    const container = await this.#container();
    const detach = container.attach((batch) => {
      for (const event of batch) this.#actual.push(event);
      if (this.#actual.length >= this.#cutAt) container.endAdvance(CUT);
    });
    let isWhole = true;
    let traceHash: string;
    try {
      for await (const advance of recordedAdvances(this.#file, this.#reading)) {
        if (!(await this.#play(advance, container))) {
          isWhole = false;
          break;
        }
      }
      if (isWhole) this.#comparison.end();
      traceHash = container.traceHash();
    } finally {
      detach();
      await container.close().catch(() => {}); // a `stop` that fails is in no trace
    }
    return {
      difference: await this.#explained(this.#comparison.difference),
      compared: this.#comparison.compared,
      advances: this.#advances,
      traceHash,
      recordedHash: isWhole ? summary?.traceHash : undefined,
      failure: this.#failure,
      header,
    };
  }

  /** One advance, with what came before it; false if it was the last one that is wanted. */
  async #play(advance: RecordedAdvance, container: Container): Promise<boolean> {
    const { until = Number.POSITIVE_INFINITY, from = 0, goOn = false, onEvents, progress, signal } = this.#options;
    const { feeds, calls, externals } = advance;
    const { ticksPerSecond } = this.#file.header;
    signal?.throwIfAborted();
    const target = feeds.at(-1)?.op === "advance" ? (feeds.at(-1)!.content[0] as number) : undefined;
    if (target !== undefined && target / ticksPerSecond > until) return false;
    for (const event of externals) this.#externals.set(event.id, event);
    const given = this.#options.reversed === true ? withSpawnsReversed(feeds) : feeds;
    for (const { op, content } of given) if (op !== "advance") this.#feed(op, content, container);
    for (const { content } of calls) {
      const [agent, method, args] = this.#revived(content) as [string, string, unknown[]];
      void container.call(agent, method, args).catch(() => {});
    }
    if (target !== undefined) {
      // The recorded run met the others right after each advance.
      if (this.#populations !== undefined) this.#populations.horizonTicks = target + 1;
      if (this.#isCut(advance)) this.#cutAt = advance.size;
      await this.#advance(target / ticksPerSecond, container);
      this.#populations?.take();
    }
    this.#externals.clear();
    const actual = from === 0 ? this.#actual : this.#actual.filter((event) => this.#isWanted(event));
    this.#actual = [];
    this.#compare(advance, actual);
    const held = onEvents?.(actual);
    if (held !== undefined) await held;
    const ends = this.#file.summary?.ticks;
    const ticks = target ?? 0;
    progress?.(ends === undefined ? undefined : ends === 0 ? 1 : ticks / ends, ticks / ticksPerSecond);
    return this.#failure === undefined && (goOn || this.#comparison.difference === undefined);
  }

  #isWanted(event: { readonly kind: string; readonly ticks: number }): boolean {
    const { from = 0 } = this.#options;
    return event.kind === "step" || event.ticks >= from * this.#file.header.ticksPerSecond;
  }

  /** Compare what has happened with the recorded events as they lie in the file; they are made if any differs. */
  #compare(advance: RecordedAdvance, actual: TraceEvent[]): void {
    const comparison = this.#comparison;
    const isCut = this.#isCut(advance);
    if (!isCut && comparison.difference !== undefined) return;
    if (!isCut && comparison.isEven && this.#isSame(advance, actual)) {
      comparison.skip(actual.length);
      return;
    }
    const expected = advance.events(this.#recorded).filter((event) => this.#isWanted(event));
    if (isCut) actual.length = Math.min(actual.length, expected.length);
    comparison.push(expected, actual);
  }

  /** A run that was not closed between two advances may have been cut off in the middle of its last one. */
  #isCut(advance: RecordedAdvance): boolean {
    return advance.isLast && this.#file.summary?.traceHash === undefined;
  }

  #isSame(advance: RecordedAdvance, actual: readonly TraceEvent[]): boolean {
    let same = 0;
    let isSame = true;
    advance.each(this.#recorded, (row) => {
      if (!this.#isWanted(row)) return true;
      const event = actual[same++];
      isSame = event !== undefined && (row.holds(event) || firstDifference(row.entry(), event, "") === undefined);
      return isSame;
    });
    return isSame && same === actual.length;
  }

  /**
   * With what led to it: before the first difference the recorded events are those of the replay, so they are read again.
   */
  async #explained(difference: Difference | undefined): Promise<Difference | undefined> {
    if (difference === undefined) return undefined;
    const causes = new Causes();
    let left = this.#comparison.compared;
    for await (const entries of this.#file.batches()) {
      if (left === 0) break;
      for (const entry of entries) {
        if (entry.kind === "feed" || !this.#isWanted(entry) || left === 0) continue;
        causes.add(entry);
        left--;
      }
    }
    for (const event of this.#comparison.uncompared) causes.add(event);
    return { ...difference, causes: causes.of((difference.actual ?? difference.expected)!) };
  }

  async #advance(timeS: number, container: Container): Promise<void> {
    this.#advances++;
    try {
      await container.advance(timeS);
    } catch (error) {
      if (error !== CUT) this.#failure = error as Error;
    }
  }

  #feed(op: string, content: readonly unknown[], container: Container): void {
    const values = op === "arrive" ? [] : this.#revived(content);
    try {
      if (op === "spawn") {
        const [name, id, args, neighbours] = values as [string, string, unknown[], string[]?];
        container.spawn(this.#classNamed(name), { id, args, ...(neighbours && { neighbours }) });
      } else if (op === "input") {
        const [agent, method, args] = values as [string, string, unknown[]];
        container.input(agent, method, args);
      } else if (op === "ask") {
        const [from, peer, method, args, timeoutTicks] = values as [string, string, string, unknown[], number];
        void container.ask(from, peer, method, args, timeoutTicks).catch(() => {});
      } else if (op === "arrive") this.#arrive(content, container);
    } catch (error) {
      // What was refused then is refused now; anything else shows in the events.
      if (error instanceof RecordingError) throw error;
    }
  }

  /** A message of another population; agents in it are those of its receiver. */
  #arrive(content: readonly unknown[], container: Container): void {
    const { references } = container;
    const types = new TypeRegistry([DATE_TIME, ...(this.#options.types ?? []), references.type]);
    const crossing = crossingFromFeed(content.map((value) => revive(value, types)));
    references.bindTo(crossing.delivery.to);
    container.arrive([crossing]);
  }

  #revived(content: readonly unknown[]): unknown[] {
    return content.map((value) => revive(value, this.#types));
  }

  #classNamed(name: string): AgentClass {
    const type = this.#classes.get(name);
    if (type !== undefined) return type;
    const known = [...this.#classes.keys()].join(", ") || "none";
    throw new RecordingError("ERR_REPLAY_CLASS", `the recording has agents of class ${name}; given are: ${known}`);
  }

  #container(): Promise<Container> {
    const { seed, start, ticksPerSecond, options } = this.#file.header;
    const recorded = options as {
      strict?: boolean;
      limits?: Partial<Limits>;
      communication?: CommunicationModel | null;
      initTime?: number;
    };
    const { strict = false, limits = {}, initTime = 0 } = recorded;
    const communication = this.#options.communication ?? recorded.communication ?? undefined;
    if ((communication?.links as unknown) === "function") {
      const text = "the recorded run had a communication model with a function; give it as `communication`";
      throw new RecordingError("ERR_REPLAY_COMMUNICATION", text);
    }
    return Container.create({
      ...{ seed, strict, limits, types: this.#options.types ?? [], recorded: this.#external },
      clock: new ExternalClock({ start, initTime, resolution: ticksPerSecond }),
      ...(communication && { communication }),
      ...(this.#populations && { populations: this.#populations }),
    });
  }

  /** What the agent's external has come to; it is told after the run's other code of this round, as when it was real. */
  readonly #external: RecordedExternals = async (agent, seq) => {
    const event = this.#externals.get(`${agent}#${seq}`);
    if (event === undefined) {
      throw new RecordingError("ERR_REPLAY_EXTERNAL", `agent "${agent}" did real I/O that the recording does not have`);
    }
    if (event.ok) return revive(event.content, this.#types);
    const [code, name, message] = event.content as [string, string, string];
    throw new RemoteError(code, name, message);
  };
}

/** The same with each run of neighbouring spawns in the opposite order. */
function withSpawnsReversed(feeds: readonly FeedEntry[]): FeedEntry[] {
  const all: FeedEntry[] = [];
  let spawns: FeedEntry[] = [];
  for (const feed of feeds) {
    if (feed.op === "spawn") spawns.unshift(feed);
    else {
      all.push(...spawns, feed);
      spawns = [];
    }
  }
  return [...all, ...spawns];
}

/** The key of an object that stands for an instance of a registered type in a trace. */
const TYPE_KEY = "__type__";

/** Values of a recording as agents get them: what stood for an instance of a registered type is one again. */
function revive(value: unknown, types: TypeRegistry): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => revive(item, types));
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [revive(key, types), revive(item, types)]));
  }
  const typed = (value as Record<string, unknown>)[TYPE_KEY];
  if (Array.isArray(typed)) return types.read([typed[0], revive(typed[1], types)] as Value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, types)]));
}
