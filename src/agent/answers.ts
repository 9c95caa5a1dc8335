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
      content = ok ? this.#kernel.copy(value, `${record.id}.${call.method}()`) : [...describeError(value)];
    } catch (error) {
      answered = false;
      content = [...describeError(error)];
    }
    this.#emit(record, record.seq++, call, answered, content, cause);
  }

  /** Refuse a call that no agent's code has seen; `record` is undefined if there is no such agent. */
  refuse(delivery: Delivery, record: AgentRecord | undefined, error: Error): void {
    const call = { caller: delivery.from, seq: delivery.seq, method: delivery.method };
    // Nobody stands there to count its emissions, but the caller's own number is unique in the caller's inbox.
    const from = record ?? { id: `@unknown/${delivery.from.id}`, rank: -2 };
    const seq = record === undefined ? delivery.seq : record.seq++;
    this.#emit(from, seq, call, false, [...describeError(error)], delivery.id);
  }

  #emit(from: Sender, seq: number, call: OpenCall, ok: boolean, content: unknown, cause: string | undefined): void {
    const { outside, next } = this.#kernel;
    if (call.caller === OUTSIDE) outside.answer(call.seq, ok, content);
    else {
      const kind = ok ? Kind.reply : Kind.failure;
      next.add(new Delivery(kind, call.caller.id, from, seq, call.method, content, call.seq, undefined, cause));
    }
  }
}
