import type { Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { type Replier, Request } from "./request.ts";

/** The requests of the peer of one connection: who takes them, and how many are being handled. */
export class Serving implements Replier {
  /** Takes each request. */
  onRequest: (request: Request) => void = refuse;
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
      this.onRequest(request);
    } catch (error) {
      request.fail(error);
    }
  }

  reply(id: number, ok: boolean, outcome: unknown): void {
    this.#open--;
    this.#replier.reply(id, ok, outcome);
  }
}

function tooMany(max: number): ChannelError {
  return new ChannelError("ERR_CHANNEL_BUSY", `openRequestsMax = ${max} requests are being handled already`);
}

function refuse(): never {
  throw new ChannelError("ERR_CHANNEL_NO_REQUESTS", "this side takes no requests");
}
