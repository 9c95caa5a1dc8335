import type { Limits } from "../limits.ts";
import type { CodecChoice } from "./codec-of.ts";
import type { FailureFormat } from "./failures.ts";

/** Options of a channel. */
export interface ChannelOptions extends CodecChoice {
  /** How failures are written and read; both sides need the same. Default: one text, as aiomas does. */
  readonly failures?: FailureFormat;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}
