import type { RealTimeClock } from "../clock/real-time-clock.ts";
import type { Driver, DriverHooks } from "./driver.ts";
import type { Kernel } from "./kernel.ts";
import { serving } from "./serving.ts";

/**
 * Runs a container by itself, on a real-time clock: serves what is due when the wall reaches it, and what arrives when
 * it arrives. Here, and only here, arrival order decides.
 *
 * Time moves with the wall between rounds, so a message without delay is delivered at the next round's own time.
 */
export class LiveRun implements DriverHooks {
  readonly #kernel: Kernel;
  readonly #clock: RealTimeClock;
  readonly #driver: Driver;
  /** What serves rounds now. */
  #running: Promise<void> | undefined;
  /** Something has come since the last look. */
  #woken = false;
  #stopped = false;
  readonly #ended: Promise<void>;
  #resolve = (): void => {};
  #reject = (_error: unknown): void => {};
  /** Somebody waits for the end, and with it for a failure. */
  #awaited = false;

  constructor(kernel: Kernel, driver: Driver, clock: RealTimeClock) {
    this.#kernel = kernel;
    this.#driver = driver;
    this.#clock = clock;
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
    if (this.#running === undefined && !this.#stopped) this.#running = this.#serve();
  };

  async #serve(): Promise<void> {
    try {
      await serving(this.#kernel, this.#driver.watch, () => this.#settle());
    } catch (error) {
      this.#fail(error);
    }
    this.#running = undefined;
    this.#clock.release();
    if (this.#stopped) return;
    const { due } = this.#kernel;
    if (this.#woken) this.#wake();
    else if (due !== undefined) this.#clock.wakeAt(due, this.#wake);
  }

  async #settle(): Promise<void> {
    const { watch } = this.#driver;
    while (this.#woken) {
      this.#woken = false;
      watch.throwFirst();
      await this.#driver.run(this);
      watch.throwFirst();
      await this.#driver.turn();
      watch.reportStuck();
      watch.throwFirst();
    }
  }

  /** Time moves on, and what has arrived enters, before each round. */
  mayGoOn(): boolean {
    return !this.#stopped && this.#collect();
  }

  roundDone(): void {
    this.#kernel.outside.deliver();
    this.#kernel.tracer.flush();
  }

  /** Move to the time of the next round and take what is due and what has arrived; false if there is nothing. */
  #collect(): boolean {
    const kernel = this.#kernel;
    const { due, outside, tracer } = kernel;
    const wall = Math.max(this.#clock.wallTicks, this.#clock.ticks);
    const isDue = due !== undefined && due <= wall;
    if (!isDue && !kernel.busy && !outside.waits) return false;
    kernel.moveTo(isDue ? due : wall);
    for (const delivery of outside.takeInputs()) kernel.next.add(delivery);
    for (const delivery of outside.takeCalls()) kernel.next.add(delivery);
    if (kernel.round === 0) tracer.note(() => ({ kind: "tick", ...kernel.tag }));
    return true;
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
