import { AsyncLocalStorage } from "node:async_hooks";
import type { Delivery } from "./delivery.ts";
import type { AgentRecord } from "./record.ts";
import type { Strict } from "./strict.ts";

/** One run of an agent's code: from the event that started it to the end of its promise. */
export class Activity {
  readonly record: AgentRecord;
  /** Method, `setup`, `stop`, `timer` or `task`. */
  readonly name: string;
  /** Event that last let it go on: what it emits now is caused by that. */
  cause: string | undefined;
  /** The call that waits for its outcome. */
  readonly call: Delivery | undefined;
  /** Strict mode of its container. */
  readonly strict: Strict | undefined;
  /** Place in its agent's list of open activities, or -1. */
  slot = -1;
  /** True once its outcome no longer interests anybody: the agent was removed. */
  abandoned = false;

  constructor(
    record: AgentRecord,
    name: string,
    cause: string | undefined,
    call: Delivery | undefined,
    strict: Strict | undefined,
  ) {
    this.record = record;
    this.name = name;
    this.cause = cause;
    this.call = call;
    this.strict = strict;
  }
}

/**
 * The activity that runs now. It is followed through promises only while a run is observed, because that slows every
 * promise of the process; an unobserved run does not need causes. Strict mode needs it always.
 */
export const current = new AsyncLocalStorage<Activity | undefined>();
