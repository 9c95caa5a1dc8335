import type { Channel } from "../../channel/index.ts";
import { type CosimError, RunError, type Tag } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { wallMs } from "../../wall.ts";
import type { Order, Report } from "../protocol.ts";
import { orderToWire, reportFromWire } from "../wire/orders.ts";
import { WallDeadline } from "./deadline.ts";
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
  /** The order that waits for its report, which tells of a loss. */
  #order: Order | undefined;
  readonly #slow: WallDeadline;
  readonly #late: WallDeadline;
  #onReport = (_report: Report): void => {};
  #onError = (_error: Error): void => {};
  #left = false;

  constructor(index: number, channel: Channel, host: MemberHost, limits: Limits) {
    this.name = `container ${index} (${host.name})`;
    this.#channel = channel;
    this.#host = host;
    this.#limits = limits;
    this.#slow = new WallDeadline(limits.stepWarningMs, () => this.#warn());
    this.#late = new WallDeadline(limits.stepTimeoutMs, () => this.#giveUp());
    channel.serve((request) => {
      this.onFailure();
      request.reply(null);
    });
    void channel.closed.then((reason) => this.#closed(reason));
  }

  ask(order: Order, reported: (report: Report) => void, failed: (error: Error) => void): void {
    const nowMs = wallMs();
    this.#slow.begin(nowMs);
    this.#late.begin(nowMs);
    this.#order = order;
    this.#onReport = reported;
    this.#onError = failed;
    this.#channel.ask(orderToWire(order), UNTIMED, this.#reported, this.#failed);
  }

  async leave(now: boolean): Promise<void> {
    this.#left = true;
    const closed = this.#channel.close();
    await this.#host.end(now);
    await closed;
    this.#slow.close();
    this.#late.close();
  }

  readonly #reported = (value: unknown): void => {
    let report: Report;
    try {
      report = reportFromWire(value);
    } catch (error) {
      void this.#failed(error);
      return;
    }
    if (this.#takeOrder() !== undefined) this.#onReport(report);
  };

  readonly #failed = async (reason: unknown): Promise<void> => {
    const order = this.#order;
    if (order === undefined) return; // given up before
    this.#slow.end();
    this.#late.end();
    const error = await this.#lost(reason as CosimError, order);
    this.#order = undefined;
    this.#onError(error);
  };

  /** The order that has ended; undefined if it was given up before. */
  #takeOrder(): Order | undefined {
    const order = this.#order;
    this.#order = undefined;
    this.#slow.end();
    this.#late.end();
    return order;
  }

  #warn(): void {
    const text = `${this.name} is still ${placeOf(this.#order!)} after ${this.#limits.stepWarningMs} ms`;
    process.emitWarning(text, { code: "COSIMAS_SLOW_STEP" });
  }

  #giveUp(): void {
    const order = this.#takeOrder()!;
    const { stepTimeoutMs } = this.#limits;
    const text = `${this.name} did not end within stepTimeoutMs = ${stepTimeoutMs} ms ${placeOf(order)}`;
    this.#onError(new RunError("ERR_STEP_TIMEOUT", text, { tag: tagOf(order), peer: this.#channel.peer }));
  }

  async #closed(reason: Error): Promise<void> {
    if (this.#order !== undefined || this.#left) return;
    const how = (await this.#host.ending()) ?? reason.message;
    if (!this.#left) this.onLost(how);
  }

  async #lost(cause: CosimError, order: Order): Promise<RunError> {
    const ending = (await this.#host.ending()) ?? cause.message;
    const text = `${this.name} was lost ${placeOf(order)}: ${ending}`;
    return new RunError("ERR_CONTAINER_LOST", text, { cause, tag: tagOf(order), peer: this.#channel.peer });
  }
}

/** An order has deadlines of its own. */
const UNTIMED = { timeoutMs: Number.POSITIVE_INFINITY };

function placeOf({ task, ticks, round }: Order): string {
  return `in ${task.what} at tick ${ticks}, round ${round}`;
}

function tagOf({ ticks, round }: Order): Tag {
  return { ticks, round };
}
