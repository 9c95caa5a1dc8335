import { copyValue } from "../codec/values.ts";
import { describeError } from "../errors.ts";
import { Delivery, Kind, OUTSIDE, type Sender } from "./delivery.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";

/** A call that waits for its outcome. */
export interface OpenCall {
  readonly caller: Sender;
  /** The caller's number of the call. */
  readonly seq: number;
  readonly method: string;
}

/** Sends outcomes of calls back to their callers: a reply is a message like any other. */
export class Answers {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Answer with the value or the error that `record`'s code ended with; a value that cannot cross is a failure. */
  settle(record: AgentRecord, call: OpenCall, cause: string | undefined, ok: boolean, value: unknown): void {
    let answered = ok;
    let content: unknown;
    try {
      content = ok ? copyValue(value, this.#kernel.limits, `${record.id}.${call.method}()`) : [...describeError(value)];
    } catch (error) {
      answered = false;
      content = [...describeError(error)];
    }
    const seq = record.seq++;
    if (call.caller === OUTSIDE) this.#kernel.outside.answer(call.seq, answered, content);
    else {
      const reply = this.#answer(record, seq, call, answered, content, cause);
      this.#kernel.post(record, this.#kernel.clock.ticks, reply);
    }
  }

  /**
   * Refuse a call that no agent's code has seen; `record` is undefined if there is no such agent. Nobody has sent this
   * answer, so no link carries it.
   */
  refuse(delivery: Delivery, record: AgentRecord | undefined, error: Error): void {
    const call = { caller: delivery.from, seq: delivery.seq, method: delivery.method };
    // Nobody stands there to count its emissions, but the caller's own number is unique in the caller's inbox.
    const from = record ?? { id: `@unknown/${delivery.from.id}`, rank: -2 };
    const seq = record === undefined ? delivery.seq : record.seq++;
    const content = [...describeError(error)];
    if (call.caller === OUTSIDE) this.#kernel.outside.answer(call.seq, false, content);
    else this.#kernel.next.add(this.#answer(from, seq, call, false, content, delivery.id));
  }

  #answer(from: Sender, seq: number, call: OpenCall, ok: boolean, content: unknown, cause: string | undefined) {
    const kind = ok ? Kind.reply : Kind.failure;
    return new Delivery(kind, call.caller.id, from, seq, call.method, content, call.seq, undefined, cause);
  }
}
