import type { RunError } from "../errors.ts";
import { turn } from "../wall.ts";
import { type Emissions, resultOf, settleExternals } from "./emissions.ts";
import { inMicrotask, TurnClock } from "./event-loop.ts";
import type { Kernel } from "./kernel.ts";
import { Rounds } from "./rounds.ts";
import { StepWatch } from "./serving.ts";

/** What one kind of run has of its own: an advance, a run in real time, a container of a platform. */
export interface DriverHooks {
  /**
   * Whether a round may be served now; takes in what has come. Asked before each round, and again if it was said no or if
   * something took time.
   */
  mayGoOn(): boolean;
  /** A round has been served and nothing has failed in it. */
  roundDone(): void;
}

/**
 * Serves round after round: the one loop of all runs. After each round it asks whether the next one may begin, settles
 * the agents' real I/O, and gives the event loop a turn every few milliseconds. It ends when it may not go on, or when
 * something has failed.
 *
 * Source: lf-lang's reactor-ts, whose one loop `_next` serves fast, real-time and federated runs by the same two hooks.
 */
export class Driver {
  readonly #kernel: Kernel;
  readonly rounds: Rounds;
  readonly watch: StepWatch;
  readonly #pace = new TurnClock();
  #hooks: DriverHooks = { mayGoOn: () => false, roundDone() {} };
  #ended = (): void => {};
  #failed = (_error: unknown): void => {};
  /** The event loop is due a turn. */
  #turnDue = false;
  /** Why it ends before its time; see {@link abort}. */
  #aborted: RunError | undefined;
  /** Lets go of real I/O that it waits for. */
  #letGo = (): void => {};

  constructor(emissions: Emissions) {
    this.#kernel = emissions.kernel;
    this.watch = new StepWatch(emissions.kernel);
    this.rounds = new Rounds(emissions, this.watch);
  }

  /** As {@link start}, with a promise. */
  run(hooks: DriverHooks): Promise<void> {
    return new Promise((ended, failed) => this.start(hooks, ended, failed));
  }

  /**
   * Serve rounds until `hooks` say no, or something has failed; must be called in a microtask, one at a time. Where agents
   * only handle what they get, `ended` is called in the tick in which the last drain ends.
   *
   * @param ended - Called in a tick or microtask, perhaps before this returns; must not throw.
   * @param failed - In its place; takes what `hooks` have thrown, or the error of {@link abort}.
   */
  start(hooks: DriverHooks, ended: () => void, failed: (error: unknown) => void): void {
    this.#hooks = hooks;
    this.#ended = ended;
    this.#failed = failed;
    if (this.#goesOn()) this.#serve();
  }

  /** Whether the next round is served; if not, it has been told. */
  #goesOn(): boolean {
    try {
      if (this.#mayGoOn()) return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
    this.#ended();
    return false;
  }

  readonly #serve = (): void => this.rounds.serve(this.#between, this.#served, this.#failed);

  readonly #served = (): void => {
    const { externals, failures } = this.#kernel;
    if (this.#turnDue || (externals.length > 0 && failures.length === 0)) void this.#pause();
    else if (this.#goesOn()) inMicrotask(this.#serve);
  };

  async #pause(): Promise<void> {
    const { externals, failures } = this.#kernel;
    try {
      if (externals.length > 0 && failures.length === 0) await this.#settleExternals();
      if (this.#turnDue) await this.turn();
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#goesOn()) inMicrotask(this.#serve);
  }

  /** Give the event loop a turn: sockets are read, and rejections that nobody handled are reported. */
  async turn(): Promise<void> {
    this.#turnDue = false;
    await turn();
    this.watch.turns++;
  }

  /** Give it one if it is due. */
  async turnIfDue(): Promise<void> {
    if (this.#pace.due()) await turn();
  }

  /** End before its time: the run under way fails with `reason` before the next round. */
  abort(reason: RunError): void {
    this.#aborted = reason;
    this.#letGo();
  }

  #mayGoOn(): boolean {
    if (this.#aborted !== undefined) throw this.#aborted;
    return this.#kernel.failures.length === 0 && this.#hooks.mayGoOn();
  }

  /** After each round: whether the next one is served at once. */
  readonly #between = (): boolean => {
    const kernel = this.#kernel;
    this.#turnDue = this.#pace.due();
    if (kernel.failures.length > 0) return false;
    this.#hooks.roundDone();
    return !this.#turnDue && kernel.externals.length === 0 && this.#mayGoOn();
  };

  /** Wait for the real I/O that agents have opened: its results are for the next round. */
  async #settleExternals(): Promise<void> {
    const kernel = this.#kernel;
    const { externals } = kernel;
    kernel.externals = [];
    const abandoned = new Promise<undefined>((resolve) => {
      this.#letGo = () => resolve(undefined);
    });
    try {
      const settled = settleExternals(externals, kernel.limits.externalTimeoutMs);
      const outcomes = await Promise.race([settled, abandoned]);
      if (outcomes === undefined) {
        settled.catch(() => {}); // nobody waits for it any more
        return;
      }
      for (const [i, external] of externals.entries()) kernel.next.add(resultOf(external, outcomes[i]!, kernel));
    } catch (error) {
      kernel.fail((error as { agent?: string }).agent ?? "", error as Error);
    }
  }
}
