import { AgentError, type CosimError, describeError } from "../errors.ts";
import { hopsOf, noteOrigin } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { Activity, AgentRecord, current, Delivery } from "./model.ts";
import { Kind, nobody, OUTSIDE, type Sender } from "./order.ts";
import { Cause } from "./trace/cause.ts";

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
  settle(record: AgentRecord, call: Delivery, cause: Cause | undefined, ok: boolean, value: unknown): void {
    let answered = ok;
    let content: unknown;
    try {
      content = ok ? this.#copy(record, call, value) : failureOf(value);
    } catch (error) {
      answered = false;
      content = failureOf(error);
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
    else
      this.#kernel.emit(
        this.#kernel.clock.ticks,
        answerTo(call, from, seq, false, content, new Cause(call.from, call.seq)),
      );
  }

  #answerOutside(seq: number, ok: boolean, content: unknown): void {
    (this.#kernel.others ?? this.#kernel.outside).answer(seq, ok, content);
  }

  #copy(record: AgentRecord, call: Delivery, value: unknown): unknown {
    // Most results are one number or nothing: no name of theirs is needed.
    const plain = typeof value === "number" || typeof value === "boolean" || value === undefined;
    return this.#kernel.copyFor(call.from.id, value, plain ? "" : `${record.id}.${call.method}()`);
  }
}

/** What the caller is told of what was thrown. */
function failureOf(thrown: unknown): object {
  const content = [...describeError(thrown)];
  noteOrigin(content, { thrown });
  return content;
}

function answerTo(
  call: Delivery,
  from: Sender,
  seq: number,
  ok: boolean,
  content: unknown,
  cause: Cause | undefined,
): Delivery {
  const { from: caller, method } = call;
  const receiver = caller instanceof AgentRecord ? caller : undefined;
  const kind = ok ? Kind.reply : Kind.failure;
  return new Delivery(kind, caller.id, receiver, from, seq, method, content, call.seq, cause);
}

/** A method of an agent that a message names. */
type Method = (...args: unknown[]) => unknown;

/**
 * Runs agent code and takes its outcome: to the caller if it was a call, to the step's failures if it threw in
 * anything else.
 */
export class Handlers {
  readonly #kernel: Kernel;
  readonly #answers: Answers;
  /** Agents whose setup has settled in this round. */
  readonly #prepared: AgentRecord[] = [];

  constructor(kernel: Kernel, answers: Answers) {
    this.#kernel = kernel;
    this.#answers = answers;
  }

  /** Run the method that a message names now; it may return a promise. */
  invoke(record: AgentRecord, message: Delivery, target: Method): void {
    const kernel = this.#kernel;
    const call = message.kind === Kind.request ? message : undefined;
    kernel.handling = message;
    if (kernel.followed) {
      this.#followMessage(record, message, target, call);
      kernel.handling = undefined;
      return;
    }
    let result: unknown;
    try {
      result = message.single
        ? target.call(record.agent, message.value)
        : apply(target, record.agent, message.value as unknown[]);
    } catch (error) {
      kernel.handling = undefined;
      this.#finish(record, message.method, undefined, call, false, error);
      return;
    }
    kernel.handling = undefined;
    if (isThenable(result)) this.#await(result, new Activity(record, message.method, undefined, call, undefined));
    else if (call !== undefined) this.#answers.settle(record, call, undefined, true, result);
  }

  /**
   * Run what a timer is for.
   *
   * @param seq - The timer's number.
   */
  fire(record: AgentRecord, run: () => unknown, seq: number): void {
    const kernel = this.#kernel;
    if (kernel.followed) {
      this.#follow(record, "timer", kernel.tracer.causeOf(record, seq), undefined, run);
      return;
    }
    kernel.handling = null;
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      this.failed(record.id, "timer", error);
    }
    kernel.handling = undefined;
    // Most callbacks give nothing, and then there is nothing to wait for.
    if (result !== undefined && isThenable(result)) {
      this.#await(result, new Activity(record, "timer", undefined, undefined, undefined));
    }
  }

  /**
   * Run other `code` of an agent now; it may return a promise.
   *
   * @param name - `setup`, `stop` or `task`: for messages.
   * @param event - The agent's event that starts it, as `created`.
   */
  start(record: AgentRecord, name: string, event: string, code: () => unknown): void {
    if (this.#kernel.followed) this.#follow(record, name, Cause.of(`${record.id}#${event}`), undefined, code);
    else this.#run(record, name, code);
  }

  /** Run code of an agent beside its present handler, as a tracked task. */
  task(record: AgentRecord, code: () => unknown): void {
    const { cause } = this.#kernel;
    if (cause !== undefined) this.#follow(record, "task", cause, undefined, code);
    else this.start(record, "task", "task", code);
  }

  /** Let the step fail with what an agent threw where no caller waits; `id` as in `Kernel.fail`. */
  failed(agent: string, name: string, cause: unknown, id?: string): void {
    const { tag, clock } = this.#kernel;
    const [, type, message] = describeError(cause);
    const text = `agent "${agent}" failed in ${name} at ${clock.time()} s: ${type}: ${message}`;
    const hops = hopsOf(cause);
    const error = new AgentError("ERR_AGENT_FAILED", hops === "" ? text : `${text}, in ${hops}`, {
      ...{ agent, method: name, tag, cause },
    });
    // Files have no place in what is recorded: runs on two machines are the same.
    this.#kernel.fail(agent, error, id, text);
  }

  #run(record: AgentRecord, name: string, code: () => unknown): void {
    let result: unknown;
    try {
      result = this.#unsent(code);
    } catch (error) {
      this.#finish(record, name, undefined, undefined, false, error);
      return;
    }
    if (isThenable(result)) this.#await(result, new Activity(record, name, undefined, undefined, undefined));
    else this.#finish(record, name, undefined, undefined, true, result);
  }

  /** Run code that no message has started, unless it is within the handler of one. */
  #unsent(code: () => unknown): unknown {
    const kernel = this.#kernel;
    const { handling } = kernel;
    kernel.handling ??= null;
    try {
      return code();
    } finally {
      kernel.handling = handling;
    }
  }

  #followMessage(record: AgentRecord, message: Delivery, target: Method, call: Delivery | undefined): void {
    const { method, single, value } = message;
    const cause = this.#kernel.tracer.causeOf(message.from, message.seq);
    this.#follow(record, method, cause, call, () =>
      single ? target.call(record.agent, value) : apply(target, record.agent, value as unknown[]),
    );
  }

  /** Run code so that it is known through its promises whose it is. */
  #follow(record: AgentRecord, name: string, cause: Cause, call: Delivery | undefined, code: () => unknown): void {
    const kernel = this.#kernel;
    const { running, handling } = kernel;
    const activity = new Activity(record, name, cause, call, kernel.strict);
    kernel.running = activity;
    kernel.handling ??= null;
    let result: unknown;
    try {
      result = current.run(activity, code);
    } catch (error) {
      kernel.handling = handling;
      kernel.running = running;
      this.#finish(record, name, cause, call, false, error);
      return;
    }
    kernel.handling = handling;
    kernel.running = running;
    if (isThenable(result)) this.#await(result, activity);
    else this.#finish(record, name, cause, call, true, result);
  }

  #await(result: PromiseLike<unknown>, activity: Activity): void {
    activity.record.opened(activity);
    result.then(
      (value) => this.#settled(activity, true, value),
      (error) => this.#settled(activity, false, error),
    );
  }

  #settled(activity: Activity, ok: boolean, value: unknown): void {
    const kernel = this.#kernel;
    const { record, name } = activity;
    if (kernel.phase === "closed" || kernel.phase === "failed") return;
    if (activity.abandoned) {
      // The removal itself ends its waits with this error; anything else is a mistake in its `finally`.
      if (!ok && (value as Partial<CosimError> | undefined)?.code !== "ERR_AGENT_GONE")
        this.failed(record.id, name, value);
      return;
    }
    record.closed(activity);
    if (kernel.serving) this.#finish(record, name, activity.cause, activity.call, ok, value);
    else kernel.foreign(record, "ended", name);
  }

  #finish(
    record: AgentRecord,
    name: string,
    cause: Cause | undefined,
    call: Delivery | undefined,
    ok: boolean,
    value: unknown,
  ): void {
    if (call !== undefined) this.#answers.settle(record, call, cause, ok, value);
    else if (!ok) this.failed(record.id, name, value);
    if (record.state === "setup" && name === "setup") this.#prepared.push(record);
  }

  /**
   * Let agents whose setup has settled take messages from the next round on, those first that waited. At the end of a
   * round, so that nothing that is still to come in it overtakes them.
   */
  releaseHeld(): void {
    if (this.#prepared.length === 0) return;
    for (const record of this.#prepared) {
      if (record.state !== "setup") continue;
      record.state = "ready";
      for (const held of record.takeHeld()) this.#kernel.next.add(held);
    }
    this.#prepared.length = 0;
  }
}

/** As `target.apply`, in 5 ns less for the few arguments that most messages have. */
function apply(target: Method, agent: object | undefined, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return target.call(agent);
    case 1:
      return target.call(agent, args[0]);
    case 2:
      return target.call(agent, args[0], args[1]);
    default:
      return target.apply(agent, args as unknown[]);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
