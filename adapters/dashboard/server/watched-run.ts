import { basename } from "node:path";
import { wallMs } from "../../../src/cosim/index.ts";
import type { TraceEvent } from "../../../src/index.ts";
import { LiveView } from "../model/live-view.ts";
import type { Command, Question, RunInfo, RunPhase, Topology } from "../model/protocol.ts";
import type { PageSource } from "./pages.ts";
import { Rate } from "./rates.ts";
import { Steering } from "./steering.ts";

/** Wall time after which a run that nobody moves waits for its master, in milliseconds. */
const WAITING_MS = 250;
/** Wall time after which a run that nobody moves is not kept from anything, in milliseconds. */
const IDLE_MS = 20;
/** Wall time between two looks at the trace hash of a run that goes on, in milliseconds. */
const HASH_MS = 1000;

/** How a live run is shown. */
export interface WatchedOptions {
  readonly title: string;
  /** Hold it after its first step. */
  readonly paused?: boolean;
  readonly readOnly?: boolean;
  readonly topology?: Topology | undefined;
  readonly note?: string;
  /** Where it is recorded, to be said on the page. */
  readonly recording?: string | undefined;
}

/** What a run is, as far as it is known when it starts. */
export interface WatchedStart {
  readonly seed?: number | string;
  readonly start?: string;
  readonly ticksPerSecond?: number;
  readonly traceHash?: (() => string) | undefined;
}

/**
 * A run that goes on, for the pages: takes its events, holds it, and says how it is. The run calls `take`, `stepBegins`
 * and `stepEnded`; none of them waits or throws.
 */
export class WatchedRun implements PageSource {
  readonly view = new LiveView();
  readonly steering: Steering;
  readonly #options: WatchedOptions;
  #start: WatchedStart = {};
  #phase: RunPhase = "starting";
  #failure = "";
  #hash = "";
  #hashMs = Number.NEGATIVE_INFINITY;
  #fraction = -1;
  #label = "";
  /** Wall time at which the last step ended, in milliseconds; undefined while one is made. */
  #idleSince: number | undefined;
  /** Seconds by which the wall is past a time of a run in real time; undefined if it is not in real time. */
  lateBy: ((ticks: number) => number) | undefined;
  #lagS = -1;
  /** Nobody can hold it. */
  unheld = false;
  #revision = 0;
  readonly #steps = new Rate();
  readonly #messages = new Rate();
  topology: Topology | undefined;

  constructor(options: WatchedOptions) {
    this.#options = options;
    this.topology = options.topology;
    this.steering = new Steering(options.paused);
  }

  /** What it is has become known. */
  begin(start: WatchedStart): void {
    this.#start = { ...this.#start, ...start };
    if (start.ticksPerSecond !== undefined) this.steering.ticksPerSecond = start.ticksPerSecond;
    this.#revision++;
  }

  take(batch: readonly TraceEvent[]): void {
    this.view.take(batch);
    this.#revision++;
    this.#idleSince = undefined;
    if (this.lateBy !== undefined)
      for (const { kind, ticks } of batch) if (kind === "tick") this.#lagS = this.lateBy(ticks);
    if (this.#phase === "starting") this.#phase = "running";
  }

  stepBegins(): void {
    this.#idleSince = undefined;
  }

  /** @returns Settles when it may go on; undefined: at once. */
  stepEnded(ticks: number): Promise<void> | undefined {
    this.#revision++;
    const held = this.steering.gate(ticks);
    if (held === undefined) this.#idle();
    else held.then(() => this.#idle());
    return held;
  }

  #idle(): void {
    this.#idleSince = wallMs();
    this.#revision++;
  }

  progress(fraction: number, label: string): void {
    this.#fraction = fraction;
    this.#label = label;
  }

  /** It is over. @param failure - Why it failed, if it has. */
  end(failure = ""): void {
    this.#phase = failure === "" ? "ended" : "failed";
    this.#failure = failure;
    this.#hash = this.#start.traceHash?.() ?? this.#hash;
    this.#start = { ...this.#start, traceHash: undefined };
    this.steering.close();
    this.#revision++;
  }

  get over(): boolean {
    return this.#phase === "ended" || this.#phase === "failed";
  }

  info(): RunInfo {
    const { title, readOnly = false, note = "", recording } = this.#options;
    const { seed = "", start = "", ticksPerSecond = 1_000_000 } = this.#start;
    const facts: [string, string][] = recording === undefined ? [] : [["recorded in", basename(recording)]];
    const missing = recording === undefined ? "older events: `--record run.mcap` keeps all of them" : "";
    const controls = this.unheld ? "none" : readOnly ? "read-only" : "full";
    return {
      what: "info",
      source: "live",
      title,
      seed: String(seed),
      start,
      ticksPerSecond,
      controls,
      note,
      facts,
      missing,
      topology: this.topology,
    };
  }

  frame(): ReturnType<PageSource["frame"]> {
    this.view.rest();
    const { ticks, round, steps, events, messages, alive: agents, faults } = this.view.state;
    const now = wallMs();
    const phase = this.#phaseAt(now);
    const waitingMs = phase === "waiting" ? Math.round(now - this.#idleSince!) : 0;
    return {
      ...{ phase, ticks, round, steps, events, messages, agents, faults, waitingMs },
      stepRate: this.#steps.at(now, steps),
      messageRate: this.#messages.at(now, messages),
      fraction: this.#fraction,
      label: this.#label,
      lagS: this.#lagS,
      hash: this.#hashAt(now, phase),
      failure: this.#failure,
      speed: this.steering.speed,
      runTo: this.steering.runTo,
      span: [0, ticks],
    };
  }

  #phaseAt(now: number): RunPhase {
    if (this.#phase !== "running") return this.#phase;
    if (this.steering.held) return this.steering.paused ? "paused" : "running";
    return this.#idleSince !== undefined && now - this.#idleSince > WAITING_MS ? "waiting" : "running";
  }

  #hashAt(now: number, phase: RunPhase): string {
    const { traceHash } = this.#start;
    if (traceHash === undefined || (phase === "running" && now - this.#hashMs < HASH_MS)) return this.#hash;
    this.#hashMs = now;
    this.#hash = traceHash();
    return this.#hash;
  }

  revision(): number {
    return this.#revision;
  }

  answer(question: Question): unknown {
    return this.view.answer(question);
  }

  command(command: Command): string | undefined {
    if (this.unheld) return "this run cannot be held";
    if (this.#options.readOnly) return "this page may only look: the run was started read-only";
    if (this.over) return "the run is over";
    this.#revision++;
    return this.steering.command(command, this.view.state.ticks);
  }

  isBusy(): boolean {
    if (this.#phase !== "running" || this.steering.held || this.unheld) return false;
    return this.#idleSince === undefined || wallMs() - this.#idleSince < IDLE_MS;
  }
}
