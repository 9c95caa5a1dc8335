import { AgentError, describeError, RunError } from "../errors.ts";
import { warn } from "../host.ts";
import { turn, within } from "../wall.ts";
import { endTicks, watchRejections, watchTicks } from "./event-loop.ts";
import { firstOf, NAMED_AGENTS_MAX, openHandler } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { AgentRecord } from "./model.ts";
import { byCodeUnits } from "./order.ts";
import { endTraps, setTraps } from "./strict-mode.ts";

/** Watches agents while they are served: what they did wrong in a step, told in an order that does not depend on who ran first. */
export class StepWatch {
  readonly #kernel: Kernel;
  /** Agents that had open handlers and no simulated wait when they were last served. */
  readonly stuck = new Set<AgentRecord>();
  /** Turns of the event loop so far: a rejection is told at the next one, and is that of an agent served before it. */
  turns = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Throw the first failure in the order of agents, with the others in its message; nothing if there is none. */
  throwFirst(): void {
    const { failures } = this.#kernel;
    if (failures.length === 0) return;
    this.#kernel.failures = [];
    throw firstOf(failures);
  }

  /** Name, once each, the agents whose handlers wait on nothing that the simulation knows. */
  reportStuck(): void {
    for (const record of this.stuck) {
      if (record.reported || !record.stuck) continue;
      record.rare.reported = true;
      const error = openHandler(record, this.#kernel.tag);
      if (this.#kernel.strict === undefined) warn(error.message, "COSIMAS_OPEN_HANDLER");
      else this.#kernel.fail(record.id, error);
    }
    this.stuck.clear();
  }

  /** Who has run depends on how agents are spread, and on wall time: a hint for the reader, and no part of the error. */
  #suspect(text: string): void {
    const agents = this.#served();
    if (agents.length === 0) return;
    const who = agents.slice(0, NAMED_AGENTS_MAX).join(", ");
    warn(`${text}; it may be one of ${who}, which have just run`, "COSIMAS_REJECTION");
  }

  #served(): string[] {
    const served: string[] = [];
    for (const { id, servedAtTurn } of this.#kernel.registry) if (servedAtTurn === this.turns) served.push(id);
    return served.sort(byCodeUnits);
  }

  /** Take a promise of agent code that was rejected and that nobody handled. */
  readonly onRejection = (reason: unknown, owner: unknown): void => {
    const kernel = this.#kernel;
    const [, name, message] = describeError(reason);
    const agent = owner instanceof AgentRecord ? owner.id : "";
    const text = `a promise in the code of ${agent || "an agent"} was rejected and nobody handled it: ${name}: ${message}`;
    if (agent === "") this.#suspect(text);
    kernel.fail(agent, new AgentError("ERR_AGENT_REJECTION", text, { agent, tag: kernel.tag, cause: reason }));
  };
}

/**
 * A time in which agents are served. While it lasts the run is `advancing`, ticks are counted and rejections that nobody
 * handled are taken, and a strict container's traps stand. Whoever begins one ends it, by `end` or `fail`.
 */
export class ServingPeriod {
  readonly #kernel: Kernel;
  readonly #unwatch: () => void;

  constructor(kernel: Kernel, watch: StepWatch) {
    this.#kernel = kernel;
    kernel.phase = "advancing";
    this.#unwatch = watchRejections(watch.onRejection);
    watchTicks();
    if (kernel.strict !== undefined) setTraps();
  }

  /** Everything has settled. */
  end(): void {
    this.#kernel.phase = "idle";
    this.#leave();
  }

  /** The run has failed with `error`: what waits outside is rejected. */
  async fail(error: unknown): Promise<void> {
    const kernel = this.#kernel;
    kernel.phase = "failed";
    kernel.failure = error;
    kernel.serving = false;
    await turn(); // what agents left rejected is reported now, while it is still known whose it is
    kernel.outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
    this.#leave();
  }

  #leave(): void {
    if (this.#kernel.strict !== undefined) endTraps();
    this.#kernel.tracer.flush();
    endTicks();
    this.#unwatch();
  }
}

/** Let `body` serve agents. If it throws, the run has failed, and the error goes on to the caller. */
export async function serving(kernel: Kernel, watch: StepWatch, body: () => Promise<void>): Promise<void> {
  const whole = new ServingPeriod(kernel, watch);
  try {
    // Always begin in a microtask: called from a socket or timer, ticks would else run before microtasks.
    await undefined;
    await body();
  } catch (error) {
    await whole.fail(error);
    throw error;
  }
  whole.end();
}

/**
 * Close a run: call `stop` of all agents, reject what waits, tell the observers.
 *
 * @returns The error of the first `stop` that failed, or of those that did not end in time.
 */
export async function stopAll(kernel: Kernel): Promise<RunError | undefined> {
  const alive = [...kernel.registry].filter((record) => record.state !== "removed");
  kernel.serving = true;
  const stops = alive.flatMap(stopOf);
  kernel.serving = false;
  kernel.phase = "closed";
  kernel.outside.end(new RunError("ERR_RUN_CLOSED", "the container was closed"));
  for (const record of alive) {
    record.state = "removed";
    record.end(kernel.tag);
  }
  const failure = await settleStops(stops, kernel.limits.stopTimeoutMs);
  kernel.tracer.end();
  return failure;
}

/** Call `stop` of one agent: its promise, or none if it has done what it wanted to. */
function stopOf({ agent }: AgentRecord): readonly Promise<void>[] {
  try {
    const stopped = agent?.stop();
    return stopped === undefined ? NO_STOPS : [Promise.resolve(stopped)];
  } catch (error) {
    return [Promise.reject(error)];
  }
}

const NO_STOPS: readonly Promise<void>[] = [];

async function settleStops(stops: readonly Promise<void>[], timeoutMs: number): Promise<RunError | undefined> {
  const settled = Promise.allSettled(stops);
  if (!(await within(settled, timeoutMs))) {
    return new RunError("ERR_RUN_STOP", `an agent's stop did not end within ${timeoutMs} ms`);
  }
  for (const stop of await settled) {
    if (stop.status === "fulfilled") continue;
    return new RunError("ERR_RUN_STOP", `an agent failed in stop: ${stop.reason}`, { cause: stop.reason });
  }
  return undefined;
}
