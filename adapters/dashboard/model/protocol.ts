/**
 * What the page and its server say to each other: JSON in WebSocket messages. Types only, and the bounds that both keep.
 *
 * The server sends {@link RunInfo} first, then {@link Frame}s at most 30 times a second, and an {@link PageAnswer} to each
 * {@link PageRequest}. What a frame does not tell, the page asks for. Times are ticks of the run.
 */

import type { Topology } from "../../../src/cosim/index.ts";

/** Events that one answer holds at most. */
export const EVENTS_MAX = 1000;
/** Series that one answer holds at most. */
export const SERIES_MAX = 24;
/** Columns of pixels that a series is thinned to at most. */
export const COLUMNS_MAX = 4000;
/** Rows of the table of agents in one answer. */
export const AGENTS_MAX = 500;
/** Pairs of agents in one answer. */
export const PAIRS_MAX = 2000;

/** What a run is; sent first, and again if any of it has changed. */
export interface RunInfo {
  readonly what: "info";
  readonly title: string;
  /** `live`: it runs now; `recording`: it is over, and can be gone through; `report`: a part of one, in a file. */
  readonly source: "live" | "recording" | "report";
  readonly seed: string;
  /** Calendar time of tick 0, ISO 8601 in UTC; empty if it is not known. */
  readonly start: string;
  readonly ticksPerSecond: number;
  /** What the page may do with it. */
  readonly controls: "full" | "read-only" | "none";
  /** Said beside the controls: what pause can and cannot do here. */
  readonly note: string;
  readonly topology: Topology | undefined;
  /** Lines of fact: versions, modules, file. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What is not in it, and why. */
  readonly missing: string;
}

/** State of a run's clock. */
export type RunPhase =
  | "starting"
  | "running"
  | "paused"
  | "waiting"
  | "ended"
  | "failed"
  /** A recording that is read for the first time. */
  | "reading"
  /** A recording that is being written. */
  | "following";

/** What is now; sent at most 30 times a second. */
export interface Frame {
  readonly what: "frame";
  readonly phase: RunPhase;
  readonly ticks: number;
  readonly round: number;
  /** Distinct times so far. */
  readonly steps: number;
  readonly events: number;
  /** Inputs, requests, one-way messages, replies and failures. */
  readonly messages: number;
  readonly agents: number;
  readonly faults: number;
  /** Per second of wall time. */
  readonly stepRate: number;
  readonly messageRate: number;
  /** From 0 to 1; -1 if nobody has said. */
  readonly fraction: number;
  readonly label: string;
  /** Milliseconds since the last step was answered, while the master is waited for. */
  readonly waitingMs: number;
  /** Seconds by which a run in real time is behind the wall's clock; -1 if it is not in real time. */
  readonly lagS: number;
  /** Of the trace so far; empty if it is not known yet. */
  readonly hash: string;
  /** Why it failed. */
  readonly failure: string;
  /** Seconds of the run per second of wall time; 0: as fast as it can. */
  readonly speed: number;
  /** Ticks at which the run will be held; -1: none. */
  readonly runTo: number;
  /** First and last time that can be looked at. */
  readonly span: readonly [first: number, last: number];
  /** Frames that this page did not get since the last one, because it was slow. */
  readonly skipped: number;
  /** Pages that look. */
  readonly pages: number;
  /** It has changed if anything has. */
  readonly revision: number;
}

/** An event as a row; what it carries as text. */
export interface EventLine {
  readonly ticks: number;
  readonly round: number;
  readonly kind: string;
  readonly agent: string;
  readonly peer: string;
  readonly method: string;
  readonly id: string;
  readonly cause: string;
  /** What it carries, as JSON or text; cut if it is long. */
  readonly text: string;
}

/** Which events are wanted; what is empty does not matter. */
export interface LineFilter {
  readonly agents?: readonly string[];
  readonly methods?: readonly string[];
  readonly kinds?: readonly string[];
  /** Part of any of its texts, in any case. */
  readonly text?: string;
}

/** A row of a recording: chunk, batch and row, -1 for its first or last. */
export type RowPlace = readonly [chunk: number, batch: number, row: number];

/** An agent as a row of the table. */
export interface AgentLine {
  readonly id: string;
  readonly type: string;
  readonly state: "alive" | "removed" | "outside";
  readonly received: number;
  readonly sent: number;
  readonly faults: number;
  /** Ticks of its last event; -1 if there was none. */
  readonly last: number;
  readonly lastKind: string;
  /** Present values, by name. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
}

export type AgentSort = "id" | "type" | "received" | "sent" | "last" | "faults";

/** Messages from one to another. */
export interface PairLine {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** One series: points in order of time; between two points the last value holds. */
export interface SeriesLine {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Of more points than there are here, the least and the greatest of each column were kept. */
  readonly thinned: boolean;
}

/** What a page can ask. `at`: as it was at that time; only of recordings. */
export type Question =
  | {
      readonly ask: "agents";
      readonly at?: number;
      readonly search?: string;
      readonly sort?: AgentSort;
      readonly down?: boolean;
      readonly limit?: number;
    }
  | { readonly ask: "agent"; readonly id: string; readonly at?: number }
  | {
      readonly ask: "events";
      readonly from: number;
      readonly to: number;
      readonly limit: number;
      readonly last?: boolean;
      readonly filter?: LineFilter;
      /** Go on where an answer has ended: its `next`. */
      readonly after?: RowPlace;
    }
  | { readonly ask: "chain"; readonly id: string; readonly ticks: number }
  | { readonly ask: "names"; readonly search?: string; readonly limit?: number }
  | {
      readonly ask: "series";
      readonly names: readonly string[];
      readonly from: number;
      readonly to: number;
      readonly columns: number;
    }
  | { readonly ask: "pairs"; readonly from: number; readonly to: number; readonly limit?: number }
  | { readonly ask: "values"; readonly names: readonly string[]; readonly at?: number }
  | { readonly ask: "state"; readonly at?: number };

/** What a page can tell the run to do. */
export type Command =
  | { readonly do: "run" }
  | { readonly do: "pause" }
  | { readonly do: "step" }
  | { readonly do: "runTo"; readonly ticks: number }
  | { readonly do: "speed"; readonly value: number };

/** A page's message: a question or a command, with a number of its own. */
export type PageRequest = (Question | Command) & { readonly n: number };

export interface AgentsAnswer {
  readonly agents: readonly AgentLine[];
  readonly total: number;
  /** Of those that fit the search. */
  readonly found: number;
}

export interface AgentAnswer {
  readonly agent: AgentLine | undefined;
  readonly peers: readonly PairLine[];
  readonly series: readonly string[];
}

export interface EventsAnswer {
  readonly events: readonly EventLine[];
  /** There are more that fit than these. */
  readonly more: boolean;
  /** First time of which events are kept; later than what was asked for if older ones are gone. */
  readonly since: number;
  /** Last time that was looked at. */
  readonly until: number;
  /** Where it has ended, if there is more to look at: one answer looks at so many events of a recording. */
  readonly next?: RowPlace;
}

export interface ChainAnswer {
  /** The event and those that led to it, the last first. */
  readonly chain: readonly EventLine[];
  /** Why it ends where it does, if not at its beginning. */
  readonly note: string;
}

export interface NamesAnswer {
  readonly names: readonly string[];
  readonly total: number;
}

export interface SeriesAnswer {
  readonly series: readonly SeriesLine[];
}

export interface PairsAnswer {
  readonly pairs: readonly PairLine[];
  readonly total: number;
  /** Time from which they were counted. */
  readonly since: number;
}

/** Value of a series at a time, or null. */
export interface ValuesAnswer {
  readonly values: readonly (number | null)[];
}

/** Counts at a time. */
export interface StateAnswer {
  readonly ticks: number;
  readonly round: number;
  readonly steps: number;
  readonly events: number;
  readonly messages: number;
  readonly agents: number;
  readonly faults: number;
  readonly kinds: Readonly<Record<string, number>>;
}

/** To the request of the same number. */
export type PageAnswer =
  | { readonly what: "answer"; readonly n: number; readonly data: unknown }
  | { readonly what: "refused"; readonly n: number; readonly reason: string };

/** What the server sends. */
export type Message = RunInfo | Frame | PageAnswer;

export type { Topology, TopologyEdge, TopologyNode, TopologyScale } from "../../../src/cosim/index.ts";
