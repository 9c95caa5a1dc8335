import type { Channel } from "../../channel/index.ts";
import { type CosimError, RunError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { after } from "../../wall.ts";
import type { Order, Report } from "../protocol.ts";
import { orderToWire, reportFromWire } from "../wire/orders.ts";
import type { MemberLink } from "./link.ts";

/** Wall time to wait until it is known how a container ended whose connection is gone, in milliseconds. */
export const ENDING_MS_MAX = 500;

/** What runs a container elsewhere: a process or a thread. */
export interface MemberHost {
  /** For messages, as `process 4711`. */
  readonly name: string;
  /** How it ended, as `ended with signal SIGKILL`, waiting a moment for that; undefined if it lives. */
  ending(): Promise<string | undefined>;
  /** Resolves when nothing of it is left; `now` leaves it no time to end by itself. */
  end(now: boolean): Promise<void>;
}

/** A container in another thread or process. */
export class RemoteMember implements MemberLink {
  readonly name: string;
  onFailure = (): void => {};
  onLost = (_how: string): void => {};
  readonly #channel: Channel;
  readonly #host: MemberHost;
  readonly #limits: Limits;
  /** An order waits for its report, which tells of a loss. */
  #asked = false;
  #left = false;

  constructor(index: number, channel: Channel, host: MemberHost, limits: Limits) {
    this.name = `container ${index} (${host.name})`;
    this.#channel = channel;
    this.#host = host;
    this.#limits = limits;
    channel.serve((request) => {
      this.onFailure();
      request.reply(null);
    });
    void channel.closed.then((reason) => this.#closed(reason));
  }

  async ask(order: Order): Promise<Report> {
    const { stepTimeoutMs, stepWarningMs } = this.#limits;
    const slow = () => {
      const text = `${this.name} is still ${placeOf(order)} after ${stepWarningMs} ms`;
      process.emitWarning(text, { code: "COSIMAS_SLOW_STEP" });
    };
    const stop = after(stepWarningMs, slow, { idle: true });
    this.#asked = true;
    try {
      return reportFromWire(await this.#channel.request(orderToWire(order), { timeoutMs: stepTimeoutMs }));
    } catch (error) {
      throw await this.#lost(error as CosimError, order);
    } finally {
      this.#asked = false;
      stop();
    }
  }

  async leave(now: boolean): Promise<void> {
    this.#left = true;
    const closed = this.#channel.close();
    await this.#host.end(now);
    await closed;
  }

  async #closed(reason: Error): Promise<void> {
    if (this.#asked || this.#left) return;
    const how = (await this.#host.ending()) ?? reason.message;
    if (!this.#left) this.onLost(how);
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
