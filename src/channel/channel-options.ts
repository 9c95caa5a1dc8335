import type { CodecName } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { FailureFormat } from "./failures.ts";

/** Options of a channel. */
export interface ChannelOptions {
  /** How values are written; both sides need the same. Default `msgpack`; aiomas's own default is JSON. */
  readonly codec?: CodecName;
  /** How failures are written and read; both sides need the same. Default: one text, as aiomas does. */
  readonly failures?: FailureFormat;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}
