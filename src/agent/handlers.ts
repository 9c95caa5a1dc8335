import { AgentError, type CosimError, describeError } from "../errors.ts";
import { Activity, current } from "./activity.ts";
import type { Answers, OpenCall } from "./answers.ts";
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

  /**
   * Run `code` of an agent now; it may return a promise.
   *
   * @param name - Method, `setup`, `stop`, `timer` or `task`: for messages.
   * @param cause - Id of the event that starts it.
   * @param call - The call that waits for the outcome, if it is one.
   */
  start(record: AgentRecord, name: string, cause: string, call: OpenCall | undefined, code: () => unknown): void {
    const { followed, strict } = this.#kernel;
    let activity = followed ? new Activity(record, name, cause, call, strict) : undefined;
    let result: unknown;
    let pending = false;
    try {
      result = activity === undefined ? code() : current.run(activity, code);
      pending = isThenable(result);
    } catch (error) {
      this.#finish(record, name, cause, call, false, error);
      return;
    }
    if (!pending) {
      this.#finish(record, name, cause, call, true, result);
      return;
    }
    activity ??= new Activity(record, name, cause, call, strict);
    const opened = activity;
    record.opened(opened);
    (result as PromiseLike<unknown>).then(
      (value) => this.#settled(opened, true, value),
      (error) => this.#settled(opened, false, error),
    );
  }

  /** Run `code` of an agent beside its present handler, as a tracked task. */
  task(record: AgentRecord, code: () => unknown): void {
    this.start(record, "task", this.#kernel.cause ?? `${record.id}#task`, undefined, code);
  }

  /** Let the step fail with what an agent threw where no caller waits. */
  failed(agent: string, name: string, cause: unknown): void {
    const { tag, clock } = this.#kernel;
    const [, type, message] = describeError(cause);
    const text = `agent "${agent}" failed in ${name} at ${clock.time()} s: ${type}: ${message}`;
    this.#kernel.fail(agent, new AgentError("ERR_AGENT_FAILED", text, { agent, method: name, tag, cause }));
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
    call: OpenCall | undefined,
    ok: boolean,
    value: unknown,
  ): void {
    if (call !== undefined) this.#answers.settle(record, call, cause, ok, value);
    else if (!ok) this.failed(record.id, name, value);
    if (name === "setup") this.#prepared.push(record);
  }

  /**
   * Let agents whose setup has settled take messages from the next round on, those first that waited. At the end of a
   * round, so that nothing that is still to come in it overtakes them.
   */
  releaseHeld(): void {
    for (const record of this.#prepared) {
      if (record.state !== "setup") continue;
      record.state = "ready";
      for (const held of record.held) this.#kernel.next.add(held);
      record.held = [];
    }
    this.#prepared.length = 0;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
