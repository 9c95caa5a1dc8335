import { AgentError, type CosimError, describeError } from "../errors.ts";
import { Activity, current } from "./activity.ts";
import type { Answers } from "./answers.ts";
import { type Delivery, Kind } from "./delivery.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";

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
  invoke(record: AgentRecord, message: Delivery, target: (...args: unknown[]) => unknown): void {
    const { method, content } = message;
    const call = message.kind === Kind.request ? message : undefined;
    if (this.#kernel.followed) {
      this.#follow(record, method, message.id, call, () => target.apply(record.agent, content as unknown[]));
      return;
    }
    let result: unknown;
    try {
      result = target.apply(record.agent, content as unknown[]);
    } catch (error) {
      this.#finish(record, method, undefined, call, false, error);
      return;
    }
    if (isThenable(result)) this.#await(result, new Activity(record, method, undefined, call, undefined));
    else this.#finish(record, method, undefined, call, true, result);
  }

  /** Run what a timer is for. */
  fire(record: AgentRecord, timer: Delivery): void {
    if (this.#kernel.followed) this.#follow(record, "timer", timer.id, undefined, timer.run!);
    else this.#run(record, "timer", timer.run!);
  }

  /**
   * Run other `code` of an agent now; it may return a promise.
   *
   * @param name - `setup`, `stop` or `task`: for messages.
   * @param cause - Id of the event that starts it.
   */
  start(record: AgentRecord, name: string, cause: string, code: () => unknown): void {
    if (this.#kernel.followed) this.#follow(record, name, cause, undefined, code);
    else this.#run(record, name, code);
  }

  /** Run code of an agent beside its present handler, as a tracked task. */
  task(record: AgentRecord, code: () => unknown): void {
    this.start(record, "task", this.#kernel.cause ?? `${record.id}#task`, code);
  }

  /** Let the step fail with what an agent threw where no caller waits; `id` as in `Kernel.fail`. */
  failed(agent: string, name: string, cause: unknown, id?: string): void {
    const { tag, clock } = this.#kernel;
    const [, type, message] = describeError(cause);
    const text = `agent "${agent}" failed in ${name} at ${clock.time()} s: ${type}: ${message}`;
    this.#kernel.fail(agent, new AgentError("ERR_AGENT_FAILED", text, { agent, method: name, tag, cause }), id);
  }

  #run(record: AgentRecord, name: string, code: () => unknown): void {
    let result: unknown;
    try {
      result = code();
    } catch (error) {
      this.#finish(record, name, undefined, undefined, false, error);
      return;
    }
    if (isThenable(result)) this.#await(result, new Activity(record, name, undefined, undefined, undefined));
    else this.#finish(record, name, undefined, undefined, true, result);
  }

  /** Run code so that it is known through its promises whose it is. */
  #follow(record: AgentRecord, name: string, cause: string, call: Delivery | undefined, code: () => unknown): void {
    const activity = new Activity(record, name, cause, call, this.#kernel.strict);
    let result: unknown;
    try {
      result = current.run(activity, code);
    } catch (error) {
      this.#finish(record, name, cause, call, false, error);
      return;
    }
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
    cause: string | undefined,
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
