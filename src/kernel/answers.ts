import { describeError } from "../errors.ts";
import { Delivery, Kind, nobody, OUTSIDE, type Sender } from "./delivery.ts";
import type { Kernel } from "./kernel.ts";
import { AgentRecord } from "./record.ts";

/** Sends outcomes of calls back to their callers: a reply is a message like any other. */
export class Answers {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Answer with the value or the error that `record`'s code ended with; a value that cannot cross is a failure.
   *
   * @param call - The request.
   */
  settle(record: AgentRecord, call: Delivery, cause: string | undefined, ok: boolean, value: unknown): void {
    let answered = ok;
    let content: unknown;
    try {
      content = ok ? this.#copy(record, call, value) : [...describeError(value)];
    } catch (error) {
      answered = false;
      content = [...describeError(error)];
    }
    const seq = record.seq++;
    if (call.from === OUTSIDE) this.#answerOutside(call.seq, answered, content);
    else {
      const reply = answerTo(call, record, seq, answered, content, cause);
      this.#kernel.post(record, this.#kernel.clock.ticks, reply);
    }
  }

  /**
   * Refuse a call that no agent's code has seen; `record` is undefined if there is no such agent. Nobody has sent this
   * answer, so no link carries it.
   */
  refuse(call: Delivery, record: AgentRecord | undefined, error: Error): void {
    // Nobody stands there to count its emissions, but the caller's own number is unique in the caller's inbox.
    const from = record ?? nobody(call.from.id);
    const seq = record === undefined ? call.seq : record.seq++;
    const content = [...describeError(error)];
    if (call.from === OUTSIDE) this.#answerOutside(call.seq, false, content);
    else this.#kernel.emit(this.#kernel.clock.ticks, answerTo(call, from, seq, false, content, call.id));
  }

  #answerOutside(seq: number, ok: boolean, content: unknown): void {
    (this.#kernel.transit ?? this.#kernel.outside).answer(seq, ok, content);
  }

  #copy(record: AgentRecord, call: Delivery, value: unknown): unknown {
    // Most results are one number or nothing: no name of theirs is needed.
    const plain = typeof value === "number" || typeof value === "boolean" || value === undefined;
    return this.#kernel.copyFor(call.from.id, value, plain ? "" : `${record.id}.${call.method}()`);
  }
}

function answerTo(
  call: Delivery,
  from: Sender,
  seq: number,
  ok: boolean,
  content: unknown,
  cause: string | undefined,
): Delivery {
  const { from: caller, method } = call;
  const receiver = caller instanceof AgentRecord ? caller : undefined;
  const kind = ok ? Kind.reply : Kind.failure;
  return new Delivery(kind, caller.id, receiver, from, seq, method, content, call.seq, undefined, cause);
}
