import type { TypeRegistry, Value } from "../codec/index.ts";
import type { ChannelError } from "../errors.ts";
import type { RequestOptions } from "./calls.ts";
import type { Request } from "./request.ts";

/** What the layers above use of a channel: requests and replies, whatever becomes of connections. */
export interface ChannelLike {
  /** Address of the other side. */
  readonly peer: string;
  /** Resolves, never rejects, when it is closed for good, with the reason. */
  readonly closed: Promise<ChannelError>;
  /** The registered types; a layer above may add its own. */
  readonly types: TypeRegistry;
  /** Whether requests can still be made. */
  readonly isOpen: boolean;
  /** Own requests that wait for a reply. */
  readonly pendingCalls: number;
  /** Take the peer's requests. */
  serve(onRequest: (request: Request) => void): void;
  /** Ask the peer. */
  request(content: unknown, options?: RequestOptions): Promise<Value>;
  /** Wait until the peer has read enough to go on sending. */
  drained(): Promise<void>;
  /** Send what waits, then close. */
  close(): Promise<void>;
}
