import { AgentError } from "../errors.ts";
import { Activity, current } from "./activity.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";
import { endTraps, setTraps } from "./traps.ts";

/** Strict mode of one container: what its agents may not do fails the run, and says who did it where. */
export class Strict {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Let the run fail because the activity's code called `what`; gives the error for that code. */
  caught(activity: Activity, what: string, instead: string): AgentError {
    const { tag, clock } = this.#kernel;
    const { record, name } = activity;
    const text =
      `agent "${record.id}" used ${what} in ${name} at ${clock.time()} s, which strict mode does not allow; ` +
      `use ${instead}`;
    const error = new AgentError("ERR_AGENT_STRICT", text, { agent: record.id, method: name, tag });
    const known = this.#kernel.failures.some(({ error: { message } }) => message === text);
    if (!known) this.#kernel.fail(record.id, error);
    return error;
  }
}

/** Run code of an agent that is no handler, under the container's strict mode if it has it. */
export function underTraps<T>(kernel: Kernel, record: AgentRecord, name: string, code: () => T): T {
  if (kernel.strict === undefined) return code();
  setTraps();
  try {
    return current.run(new Activity(record, name, kernel.cause, undefined, kernel.strict), code);
  } finally {
    endTraps();
  }
}

/** Run code of `external`, which may do what it likes. */
export function untrapped<T>(start: () => T): T {
  return current.getStore() === undefined ? start() : current.run(undefined, start);
}
