import type { Activity } from "./activity.ts";
import type { Delivery } from "./delivery.ts";

/** A call or another simulated wait whose promise the agent holds. */
export class Wait {
  /** Number of the emission that opened it. */
  readonly seq: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Whom it waits for. */
  readonly peer: string;
  readonly method: string;
  /** Activity that opened it, if that is followed. */
  readonly activity: Activity | undefined;
  /** Ends a call that has a time-out. */
  deadline: Delivery | undefined = undefined;

  constructor(
    seq: number,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    peer: string,
    method: string,
    activity: Activity | undefined,
  ) {
    this.seq = seq;
    this.resolve = resolve;
    this.reject = reject;
    this.peer = peer;
    this.method = method;
    this.activity = activity;
  }
}
