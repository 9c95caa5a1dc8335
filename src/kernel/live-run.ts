import type { RealTimeClock } from "../clock/real-time-clock.ts";
import { Pace, turn } from "./drain.ts";
import { Faults } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { Rounds } from "./rounds.ts";
import { stretch } from "./stretch.ts";

/** Time moves on, and what has arrived enters, after each round. */
const ONE_ROUND = () => false;

/**
 * Runs a container by itself, on a real-time clock: serves what is due when the wall reaches it, and what arrives when
 * it arrives. Here, and only here, arrival order decides.
 *
 * Time moves with the wall between rounds, so a message without delay is delivered at the next round's own time.
 */
export class LiveRun {
  readonly #kernel: Kernel;
  readonly #clock: RealTimeClock;
  readonly #faults: Faults;
  readonly rounds: Rounds;
  readonly #pace = new Pace();
  /** The stretch that serves rounds now. */
  #running: Promise<void> | undefined;
  /** Something has come since the last look. */
  #woken = false;
  #stopped = false;
  readonly #ended: Promise<void>;
  #resolve = (): void => {};
  #reject = (_error: unknown): void => {};
  /** Somebody waits for the end, and with it for a failure. */
  #awaited = false;

  constructor(kernel: Kernel, clock: RealTimeClock) {
    this.#kernel = kernel;
    this.#clock = clock;
    this.#faults = new Faults(kernel);
    this.rounds = new Rounds(kernel, this.#faults);
    this.#ended = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    kernel.wake = this.#wake;
    kernel.outside.wake = this.#wake;
    clock.begin();
  }

  /**
   * Resolves when the run was stopped, rejects when it has failed. If nobody has asked for it, a failure is an uncaught
   * exception of the process.
   */
  get ended(): Promise<void> {
    this.#awaited = true;
    return this.#ended;
  }

  /** Serve nothing more; resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clock.sleepOn();
    await this.#running;
    this.#resolve();
  }

  readonly #wake = (): void => {
    this.#woken = true;
    if (this.#running === undefined && !this.#stopped) this.#running = this.#stretch();
  };

  async #stretch(): Promise<void> {
    try {
      await stretch(this.#kernel, this.#faults, () => this.#serve());
    } catch (error) {
      this.#fail(error);
    }
    this.#running = undefined;
    this.#clock.release();
    if (this.#stopped) return;
    const due = this.#kernel.timers.peek();
    if (this.#woken) this.#wake();
    else if (due !== undefined) this.#clock.wakeAt(due, this.#wake);
  }

  async #serve(): Promise<void> {
    const { outside, tracer } = this.#kernel;
    while (this.#woken) {
      this.#woken = false;
      this.#faults.throwFirst();
      while (!this.#stopped && this.#collect()) {
        await this.rounds.serve(ONE_ROUND);
        this.#faults.throwFirst();
        outside.deliver();
        tracer.flush();
        if (this.#pace.due()) await this.#turn();
      }
      await this.#turn();
      this.#faults.reportStuck();
      this.#faults.throwFirst();
    }
  }

  /** Move to the time of the next round and take what is due and what has arrived; false if there is nothing. */
  #collect(): boolean {
    const kernel = this.#kernel;
    const { timers, outside, tracer } = kernel;
    const wall = Math.max(this.#clock.wallTicks, this.#clock.ticks);
    const due = timers.peek();
    const isDue = due !== undefined && due <= wall;
    if (!isDue && !kernel.busy && !outside.waits) return false;
    kernel.moveTo(isDue ? due : wall);
    for (const delivery of outside.takeInputs()) kernel.next.add(delivery);
    for (const delivery of outside.takeCalls()) kernel.next.add(delivery);
    if (kernel.round === 0) tracer.note(() => ({ kind: "tick", ...kernel.tag }));
    return true;
  }

  async #turn(): Promise<void> {
    await turn();
    this.#faults.turns++;
  }

  #fail(error: unknown): void {
    this.#stopped = true;
    this.#reject(error);
    if (this.#awaited) return;
    this.#ended.catch(() => {}); // said once, as an uncaught exception, which no container takes for its own
    queueMicrotask(() => {
      throw error;
    });
  }
}
