import type { Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { isThenable, warnOf } from "./callbacks.ts";

/** Takes the outcome of the request `id`: a value, or what was thrown. */
interface Replier {
  reply(id: number, ok: boolean, outcome: unknown): void;
}

/**
 * A request of the peer. Reply once, at any time; what comes after that, or after the connection has closed, has no
 * effect. None of it throws.
 */
export class Request {
  /** What the peer sent; it belongs to whoever takes the request. */
  readonly content: Value;
  /** Address of the peer. */
  readonly peer: string;
  readonly #id: number;
  #replier: Replier | undefined;

  /** @internal Made by a channel. */
  constructor(content: Value, peer: string, id: number, replier: Replier) {
    this.content = content;
    this.peer = peer;
    this.#id = id;
    this.#replier = replier;
  }

  /** Answer with a value, copied while it is sent. One that cannot be sent is a failure for the peer. */
  reply(value: unknown): void {
    this.#settle(true, value);
  }

  /** Let the request fail. Of the error only code, name and message cross. */
  fail(error: unknown): void {
    this.#settle(false, error);
  }

  /** Whether it was answered. @internal */
  get settled(): boolean {
    return this.#replier === undefined;
  }

  #settle(ok: boolean, outcome: unknown): void {
    const replier = this.#replier;
    this.#replier = undefined;
    replier?.reply(this.#id, ok, outcome);
  }
}

/** The requests of the peer of one connection: who takes them, and how many are being handled. */
export class Serving implements Replier {
  /** Takes each request. */
  onRequest: (request: Request) => unknown = refuse;
  readonly #peer: string;
  readonly #openRequestsMax: number;
  readonly #replier: Replier;
  #open = 0;

  /** @param replier - Gets the outcome of each request once; it must not throw. */
  constructor(peer: string, openRequestsMax: number, replier: Replier) {
    this.#peer = peer;
    this.#openRequestsMax = openRequestsMax;
    this.#replier = replier;
  }

  /** A request has come. */
  take(id: number, content: Value): void {
    this.#open++;
    const request = new Request(content, this.#peer, id, this);
    try {
      if (this.#open > this.#openRequestsMax) throw tooMany(this.#openRequestsMax);
      const handling = this.onRequest(request);
      if (isThenable(handling)) handling.then(undefined, (error: unknown) => failed(request, error));
    } catch (error) {
      failed(request, error);
    }
  }

  reply(id: number, ok: boolean, outcome: unknown): void {
    this.#open--;
    this.#replier.reply(id, ok, outcome);
  }
}

/** A failure after the answer has nobody else to go to. */
function failed(request: Request, error: unknown): void {
  if (request.settled) warnOf("the handler of channel.serve", error);
  else request.fail(error);
}

function tooMany(max: number): ChannelError {
  return new ChannelError("ERR_CHANNEL_BUSY", `openRequestsMax = ${max} requests are being handled already`);
}

function refuse(): never {
  throw new ChannelError("ERR_CHANNEL_NO_REQUESTS", "this side takes no requests");
}
