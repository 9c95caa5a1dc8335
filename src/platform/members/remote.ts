import type { Channel } from "../../channel/index.ts";
import { type CosimError, RunError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { after } from "../../wall.ts";
import type { Order, Report } from "../orders.ts";
import type { Seat } from "../seat.ts";
import { orderToWire, reportFromWire } from "../wire.ts";

/** What runs a container elsewhere: a process or a thread. */
export interface Host {
  /** For messages, as `process 4711`. */
  readonly name: string;
  /** How it ended, as `ended with signal SIGKILL`, waiting a moment for that; undefined if it lives. */
  ending(): Promise<string | undefined>;
  /** Resolves when nothing of it is left; `now` leaves it no time to end by itself. */
  end(now: boolean): Promise<void>;
}

/** A container in another thread or process. */
export class RemoteSeat implements Seat {
  readonly name: string;
  onFailure = (): void => {};
  readonly #channel: Channel;
  readonly #host: Host;
  readonly #limits: Limits;

  constructor(index: number, channel: Channel, host: Host, limits: Limits) {
    this.name = `container ${index} (${host.name})`;
    this.#channel = channel;
    this.#host = host;
    this.#limits = limits;
    channel.serve((request) => {
      this.onFailure();
      request.reply(null);
    });
  }

  async ask(order: Order): Promise<Report> {
    const { stepTimeoutMs, stepWarningMs } = this.#limits;
    const stop = after(stepWarningMs, () => {
      const text = `${this.name} is still ${placeOf(order)} after ${stepWarningMs} ms`;
      process.emitWarning(text, { code: "COSIMAS_SLOW_STEP" });
    });
    try {
      return reportFromWire(await this.#channel.request(orderToWire(order), { timeoutMs: stepTimeoutMs }));
    } catch (error) {
      throw await this.#lost(error as CosimError, order);
    } finally {
      stop();
    }
  }

  async leave(now: boolean): Promise<void> {
    const closed = this.#channel.close();
    await this.#host.end(now);
    await closed;
  }

  async #lost(cause: CosimError, order: Order): Promise<RunError> {
    const { ticks, round } = order;
    const where = placeOf(order);
    const details = { cause, tag: { ticks, round }, peer: this.#channel.peer };
    if (cause.code === "ERR_CHANNEL_TIMEOUT") {
      const text = `${this.name} did not end within stepTimeoutMs = ${this.#limits.stepTimeoutMs} ms ${where}`;
      return new RunError("ERR_STEP_TIMEOUT", text, details);
    }
    const ending = (await this.#host.ending()) ?? cause.message;
    return new RunError("ERR_CONTAINER_LOST", `${this.name} was lost ${where}: ${ending}`, details);
  }
}

function placeOf({ what, ticks, round }: Order): string {
  return `in ${what} at tick ${ticks}, round ${round}`;
}
