import { RANK_NONE, type Sender } from "../order.ts";

/**
 * An event that may cause others: who has emitted it, and its number among all that this sender has emitted. Its id is a text
 * that is made when it is first asked for; a recording asks for none.
 */
export class Cause {
  readonly from: Sender;
  /** -1: the id of `from` is the event's, as that of an agent's birth. */
  readonly seq: number;
  #id: string | undefined;

  constructor(from: Sender, seq: number) {
    this.from = from;
    this.seq = seq;
    this.#id = undefined;
  }

  /** The event of this id, which has come as a text. */
  static of(id: string): Cause {
    return new Cause({ id, rank: RANK_NONE }, -1);
  }

  /** The event's id, the same for any number of containers. */
  get id(): string {
    this.#id ??= this.seq < 0 ? this.from.id : `${this.from.id}#${this.seq}`;
    return this.#id;
  }
}
