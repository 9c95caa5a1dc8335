/**
 * What an observer of a run sees: one typed union of events, and the sinks that take them in batches.
 *
 * Ids do not depend on how agents are spread over containers: an event is named after who emitted it and its number
 * among that sender's emissions, as `battery-1#17`. `cause` is the id of the event during whose handling it was
 * emitted; what comes from outside has none. The trace holds no wall time.
 */

/** Id of an event, `<sender>#<sequence>`; the sender of what comes from outside is `@`. */
export type EventId = string;

interface TraceBase {
  /** Simulation time in whole ticks since the start. */
  readonly ticks: number;
  /** Round within the tick. */
  readonly round: number;
}

interface AgentEventBase extends TraceBase {
  /** Agent to which it happened. */
  readonly agent: string;
  readonly id: EventId;
  /** Event that started, or last resumed, the handler that emitted this one. */
  readonly cause: EventId | undefined;
}

/** The clock has reached a time at which something was due, or to which it was advanced. */
export interface TickEvent extends TraceBase {
  readonly kind: "tick";
}

/** A message arrived: a bridge's input, a request, a one-way message. */
export interface MessageEvent extends AgentEventBase {
  readonly kind: "input" | "request" | "oneway";
  /** Sender's id; `@` from outside. */
  readonly peer: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A call of this agent was answered. */
export interface ReplyEvent extends AgentEventBase {
  readonly kind: "reply" | "failure";
  readonly peer: string;
  readonly method: string;
  /** The result, or for a failure `[code, name, message]`. */
  readonly content: unknown;
}

/** A sleep ended or a timer fell due. */
export interface TimerEvent extends AgentEventBase {
  readonly kind: "timer";
}

/** Real I/O that the agent opened with `external` has settled. */
export interface ExternalEvent extends AgentEventBase {
  readonly kind: "external";
  readonly ok: boolean;
  /** The result, or `[code, name, message]`. */
  readonly content: unknown;
}

/** An agent wrote to the log. */
export interface LogEvent extends AgentEventBase {
  readonly kind: "log";
  readonly message: string;
  readonly fields: unknown;
}

/** An agent came to life or was removed. */
export interface LifeEvent extends AgentEventBase {
  readonly kind: "created" | "removed";
  /** Name of the agent's class. */
  readonly type: string;
}

/** What an agent's outputs show has changed at a tag at which it was served, or it has emitted events. */
export interface OutputEvent extends AgentEventBase {
  readonly kind: "output";
  /** New values by output, in the order in which the class lists them: those that changed, and those that were emitted. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Something went wrong in an agent. */
export interface FaultEvent extends AgentEventBase {
  readonly kind: "fault";
  readonly code: string;
  readonly message: string;
}

/** A simulator made a step. */
export interface StepEvent extends TraceBase {
  readonly kind: "step";
  /** Simulator's id. */
  readonly sim: string;
  /** Time of the step in the world's integer steps; `ticks` is the same time. */
  readonly time: number;
  /** Time of its next step, in steps, if it named one. */
  readonly next: number | undefined;
  readonly inputs: unknown;
  readonly outputs: unknown;
}

/** Events that agents and their container emit. */
export type AgentTraceEvent =
  | MessageEvent
  | ReplyEvent
  | TimerEvent
  | ExternalEvent
  | LogEvent
  | LifeEvent
  | OutputEvent
  | FaultEvent;

/** Everything that a run can be observed by. */
export type TraceEvent = TickEvent | AgentTraceEvent | StepEvent;

/** Takes events in order, a batch per round or step. It must not keep the array, nor change events. */
export type TraceSink = (batch: readonly TraceEvent[]) => void;

/** Something that can be observed. */
export interface TraceSource {
  /**
   * Feed `sink` from the next event on. One that throws, or whose promise is rejected, is detached and warned about; the
   * run goes on.
   *
   * @param ended - Called once when nothing more comes, since the run was closed; at once if that is so already.
   * @returns Detaches it; calling it again does nothing.
   */
  attach(sink: TraceSink, ended?: () => void): () => void;
}

/**
 * Asked when an advance has settled, before whoever drives the run is told: its promise holds the run.
 *
 * @param ticks - Time of the run.
 */
export type Gate = (ticks: number) => Promise<void> | undefined;

/** What a run is started with. */
export interface RunStart {
  readonly seed: number | string;
  /** Calendar time of tick 0, ISO 8601 in UTC. */
  readonly start: string;
  readonly ticksPerSecond: number;
  /** Files with the agents' code that the run has loaded, as `file:` URLs. */
  readonly modules: readonly string[];
  /** Whatever else the simulation depends on; plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * What the world outside does to a run: `spawn` [class, id, arguments], `input` and `call` [agent, method, arguments],
 * `ask` [agent, peer, method, arguments, time-out in ticks or -1] for a call through an agent's own proxy, `arrive`
 * [agent, method, content, ticks at which it is due, sender …] for a message of another population, `advance` [ticks].
 */
export type FeedOp = "spawn" | "input" | "call" | "ask" | "arrive" | "advance";

/**
 * Keeps a run: what it is fed from outside, and what happens in it. With both and the agents' code it can be made again.
 *
 * It belongs to one run, which calls `begin` first and `end` last.
 */
export interface Journal {
  /**
   * The run starts.
   *
   * @param live - Asked while it goes on: the hash of its trace so far.
   */
  begin(run: RunStart, live?: { traceHash(): string }): Promise<void>;
  /** Something is about to be done to the run; `content` are plain values that belong to the journal. */
  feed(op: FeedOp, tag: { readonly ticks: number; readonly round: number }, content: readonly unknown[]): void;
  /** What happened, in order; as a `TraceSink`. */
  events(batch: readonly TraceEvent[]): void;
  /** Resolves when everything so far can be read again, whatever becomes of this process: a step may be acknowledged. */
  settle(): Promise<void>;
  /** The run is over. @param traceHash - Undefined if it was ended in the middle of an advance. */
  end(traceHash: string | undefined): Promise<void>;
}
