import { AgentError, ClockError, describeError, RunError, ZenoError } from "../errors.ts";
import { Delivery, Kind } from "./delivery.ts";
import { endTicks, Pace, turn, watchTicks } from "./drain.ts";
import { type External, type Outcome, settleExternals } from "./externals.ts";
import type { Kernel } from "./kernel.ts";
import { AgentRecord } from "./record.ts";
import { watchRejections } from "./rejections.ts";
import { byCodeUnits } from "./round.ts";
import { Rounds } from "./rounds.ts";

/** Agents that the message about an endless exchange names, at most. */
const NAMED_AGENTS_MAX = 10;

/** Last rounds before the bound whose agents are taken for those of the endless exchange. */
const CHAIN_ROUNDS = 10;

/**
 * Moves one container's clock: serves everything due before the target at its own time, then rounds at the target
 * until one emits nothing more.
 */
export class Advance {
  readonly #kernel: Kernel;
  readonly rounds: Rounds;
  readonly #pace = new Pace();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.rounds = new Rounds(kernel, this.#onRejection);
  }

  /**
   * Advance to `target` and settle everything there.
   *
   * @param target - Ticks, not before the present; the present itself goes on with the next round.
   * @returns Ticks of the next event, or undefined if nothing is due.
   * @throws {@link ClockError} `ERR_CLOCK_BACKWARDS`, state unchanged; {@link RunError} `ERR_RUN_BUSY`,
   *   `ERR_RUN_FAILED`, `ERR_RUN_CLOSED`; {@link AgentError} of the first agent that failed, after which the run has
   *   failed.
   */
  async to(target: number): Promise<number | undefined> {
    const kernel = this.#kernel;
    this.#check(target);
    kernel.phase = "advancing";
    const unwatch = watchRejections(this.#onRejection);
    watchTicks();
    try {
      // Always begin in a microtask: called from a socket or timer, ticks would else run before microtasks.
      await undefined;
      await this.#run(target);
      kernel.phase = "idle";
      return kernel.timers.peek();
    } catch (error) {
      kernel.phase = "failed";
      kernel.failure = error;
      kernel.serving = false;
      await turn(); // what agents left rejected is reported now, while it is still known whose it is
      kernel.outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
      throw error;
    } finally {
      kernel.tracer.flush();
      endTicks();
      unwatch();
    }
  }

  #check(target: number): void {
    const { clock } = this.#kernel;
    this.#kernel.requireIdle("an advance");
    if (target < clock.ticks) {
      const asked = clock.resolution.toSeconds(target);
      throw new ClockError("ERR_CLOCK_BACKWARDS", `cannot advance to ${asked} s: it is ${clock.time()} s already`);
    }
  }

  async #run(target: number): Promise<void> {
    const { clock, timers, outside } = this.#kernel;
    this.#throwFailures();
    for (const call of outside.takeCalls()) this.#kernel.next.add(call);
    if (target > clock.ticks && this.#kernel.busy) await this.#settle();
    for (let due = timers.peek(); due !== undefined && due < target; due = timers.peek()) {
      this.#moveTo(due);
      await this.#settle();
    }
    this.#moveTo(target);
    for (const input of outside.takeInputs()) this.#kernel.next.add(input);
    await this.#settle();
    await this.#turn();
    this.#reportStuck();
    this.#throwFailures();
  }

  #moveTo(ticks: number): void {
    const kernel = this.#kernel;
    if (ticks !== kernel.clock.ticks) {
      kernel.clock.moveTo(ticks);
      kernel.round = 0;
    }
    for (const delivery of kernel.timers.take(ticks)) kernel.next.add(delivery);
  }

  /** Serve rounds at the present time until one emits nothing more. */
  async #settle(): Promise<void> {
    const kernel = this.#kernel;
    kernel.tracer.note(() => ({ kind: "tick", ...kernel.tag }));
    const chain = new Set<string>();
    while (kernel.busy) {
      const left = kernel.limits.roundsMax - kernel.round;
      if (left <= CHAIN_ROUNDS) for (const id of kernel.next.agents(NAMED_AGENTS_MAX)) chain.add(id);
      if (left <= 0) throw this.#zeno(chain);
      await this.rounds.serve();
      this.#throwFailures();
      await this.#settleExternals();
      kernel.outside.deliver();
      kernel.tracer.flush();
      this.#throwFailures();
      if (this.#pace.due()) await this.#turn();
    }
  }

  async #turn(): Promise<void> {
    await turn();
    this.rounds.served.clear();
  }

  async #settleExternals(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel.externals.length === 0) return;
    const externals = kernel.externals;
    kernel.externals = [];
    const outcomes = await settleExternals(externals, kernel.limits.externalTimeoutMs);
    for (const [i, external] of externals.entries()) kernel.next.add(this.#result(external, outcomes[i]!));
  }

  #result(external: External, outcome: Outcome): Delivery {
    const { record, seq, cause } = external;
    let content: { ok: boolean; content: unknown };
    try {
      if (!outcome.ok) throw outcome.error;
      content = { ok: true, content: this.#kernel.copy(outcome.value, `${record.id}.external()`) };
    } catch (error) {
      content = { ok: false, content: [...describeError(error)] };
    }
    return new Delivery(Kind.external, record.id, record, seq, "", content, -1, undefined, cause);
  }

  #zeno(chain: ReadonlySet<string>): ZenoError {
    const kernel = this.#kernel;
    const agents = [...chain].sort(byCodeUnits).slice(0, NAMED_AGENTS_MAX);
    const text =
      `more than ${kernel.limits.roundsMax} rounds at ${kernel.clock.time()} s without settling; ` +
      `still exchanging: ${agents.join(", ")}`;
    return new ZenoError("ERR_ZENO", text, { agent: agents[0] ?? "", tag: kernel.tag });
  }

  /** Throw the first failure in the order of agents, with the others in its message. */
  #throwFailures(): void {
    const { failures } = this.#kernel;
    if (failures.length === 0) return;
    failures.sort((a, b) => byCodeUnits(a.agent, b.agent));
    this.#kernel.failures = [];
    const first = failures[0]!.error;
    if (failures.length > 1) {
      const others = failures.slice(1, NAMED_AGENTS_MAX + 1).map((failure) => failure.error.message);
      first.message += ` (and ${failures.length - 1} more: ${others.join("; ")})`;
    }
    throw first;
  }

  /** Name, once each, the agents whose handlers wait on nothing that the simulation knows. */
  #reportStuck(): void {
    for (const record of this.rounds.stuck) {
      if (record.reported || !record.stuck) continue;
      record.reported = true;
      const methods = [...new Set(record.open.map((activity) => activity.name))].join(", ");
      const text = `agent "${record.id}" is still in ${methods} at the end of the step without a simulated wait`;
      process.emitWarning(text, { code: "COSIMAS_OPEN_HANDLER" });
    }
    this.rounds.stuck.clear();
  }

  readonly #onRejection = (reason: unknown, owner: unknown): void => {
    const kernel = this.#kernel;
    const [, name, message] = describeError(reason);
    const known = owner instanceof AgentRecord ? owner.id : undefined;
    const agents = known === undefined ? [...this.rounds.served].sort(byCodeUnits) : [known];
    const who = agents.slice(0, NAMED_AGENTS_MAX).join(", ");
    const text = `a promise in the code of ${known === undefined ? "one of " : ""}${who || "an agent"} was rejected and nobody handled it: ${name}: ${message}`;
    const agent = agents[0] ?? "";
    kernel.fail(agent, new AgentError("ERR_AGENT_REJECTION", text, { agent, tag: kernel.tag, cause: reason }));
  };
}
