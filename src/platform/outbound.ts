import type { AgentClass } from "../agent/agent.ts";
import type { PeerPopulations } from "../agent/populations.ts";
import type { Codec } from "../codec/index.ts";
import { AgentError } from "../errors.ts";
import type { OtherContainers } from "../kernel/kernel.ts";
import type { AgentRecord, Delivery } from "../kernel/model.ts";
import type { Birth } from "../kernel/round.ts";
import { type AgentModule, findName } from "./module.ts";
import type { Answer, Pack, Sent } from "./protocol.ts";
import { type Item, writeBatch } from "./wire/batch.ts";
import { packsOf } from "./wire/packs.ts";

const NONE: readonly never[] = [];

/** What a container's agents send to those of others, kept until the round has ended. */
export class Outbound implements OtherContainers {
  readonly #module: AgentModule;
  readonly #codec: Codec;
  readonly #containerOf: (id: string) => number;
  readonly #own: number;
  /** By the number of the receiving container; those of no items are undefined. */
  #items: (Item[] | undefined)[] = [];
  /** Numbers of the containers that have some, in the order in which something was sent to them first. */
  #receivers: number[] = [];
  #answers: Answer[] = [];
  /** Told of every failure. */
  onFailure = (): void => {};

  /** Takes what is for other populations, if there are any. */
  readonly peers: PeerPopulations | undefined;

  /** @param own - Number of this container. */
  constructor(
    module: AgentModule,
    codec: Codec,
    containerOf: (id: string) => number,
    own: number,
    peers?: PeerPopulations,
  ) {
    this.peers = peers;
    this.#module = module;
    this.#codec = codec;
    this.#containerOf = containerOf;
    this.#own = own;
  }

  /** Whether nothing waits to be taken: nobody else has anything to do then, or to be told. */
  get isQuiet(): boolean {
    return this.#receivers.length === 0 && this.#answers.length === 0;
  }

  has(id: string): boolean {
    return this.peers?.has(id) === true || this.#containerOf(id) !== this.#own;
  }

  send(ticks: number, delivery: Delivery): void {
    if (this.peers?.has(delivery.to)) this.peers.send(ticks, delivery);
    else this.#add(this.#containerOf(delivery.to), { ticks, delivery });
  }

  bear(birth: Birth, type: { readonly name: string }, args: readonly unknown[], ticks: number): boolean {
    const name = findName(this.#module, type as AgentClass);
    if (name === undefined) {
      const text = `agent "${birth.parent?.id}" spawned a ${type.name}, which the platform's module does not export by that name`;
      throw new AgentError("ERR_AGENT_CLASS", text, { agent: birth.parent?.id ?? "" });
    }
    this.peers?.bear(birth);
    const to = this.#containerOf(birth.id);
    if (to === this.#own) return false;
    const { id, parent, cause, neighbours } = birth;
    this.#add(to, { ticks, birth: { id, parent, cause, type: name, args, neighbours } });
    return true;
  }

  answer(seq: number, ok: boolean, content: unknown): void {
    this.#answers.push([seq, ok, content]);
  }

  failed(): void {
    this.onFailure();
  }

  forget(sender: AgentRecord): void {
    this.peers?.forget(sender);
    const senderOf = (item: Item) => ("birth" in item ? item.birth.parent : item.delivery.from);
    for (const to of this.#receivers) this.#items[to] = this.#items[to]!.filter((item) => senderOf(item) !== sender);
  }

  /** Take what was sent, encoded, by the receiving container. */
  take(): readonly Sent[] {
    const receivers = this.#receivers;
    if (receivers.length === 0) return NONE;
    const all = this.#items;
    this.#items = [];
    this.#receivers = [];
    const sent: Sent[] = [];
    for (let r = 0; r < receivers.length; r++) {
      const to = receivers[r]!;
      const items = all[to]!;
      if (items.length === 0) continue;
      let dueTicks = Infinity;
      for (let i = 0; i < items.length; i++) dueTicks = Math.min(dueTicks, items[i]!.ticks);
      sent.push([to, dueTicks, writeBatch(items, this.#codec)]);
    }
    return sent;
  }

  /** Take what is for other populations: a pack for each. */
  takePacks(): Pack[] {
    return packsOf(this.peers?.take() ?? [], this.#codec);
  }

  /** Take the answers to calls from outside. */
  takeAnswers(): Answer[] {
    const answers = this.#answers;
    if (answers.length > 0) this.#answers = [];
    return answers;
  }

  #add(to: number, item: Item): void {
    const items = this.#items[to];
    if (items !== undefined) {
      items.push(item);
      return;
    }
    this.#items[to] = [item];
    this.#receivers.push(to);
  }
}
