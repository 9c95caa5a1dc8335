import { AgentError, RemoteError, type Tag } from "../errors.ts";
import { Answers } from "./answers.ts";
import { CLASSES, type Delivery, Kind } from "./delivery.ts";
import { drain } from "./drain.ts";
import type { Faults } from "./faults.ts";
import { Handlers } from "./handlers.ts";
import type { Kernel } from "./kernel.ts";
import { Life } from "./life.ts";
import type { AgentRecord, Wait } from "./record.ts";
import { ownRejection } from "./rejections.ts";
import { Round, sortDeliveries } from "./round.ts";

/** Rank of receivers that do not exist: served last; nothing observable depends on their order. */
const RANK_UNKNOWN = Number.MAX_SAFE_INTEGER;

/**
 * Serves rounds: hands each delivery of a tag to its agent in the total order, and waits after each class until every
 * handler has run to its next simulated wait.
 */
export class Rounds {
  readonly #kernel: Kernel;
  readonly #answers: Answers;
  readonly handlers: Handlers;
  readonly #life: Life;
  readonly #faults: Faults;

  constructor(kernel: Kernel, faults: Faults) {
    this.#kernel = kernel;
    this.#answers = new Answers(kernel);
    this.handlers = new Handlers(kernel, this.#answers);
    this.#life = new Life(kernel, this.handlers, this.#answers);
    this.#faults = faults;
  }

  /** Serve everything of the present tag; afterwards `kernel.round` is the next one. */
  async serve(): Promise<void> {
    const kernel = this.#kernel;
    const round = kernel.next;
    kernel.next = new Round();
    const tag = kernel.tag;
    for (let c = 0; c < CLASSES; c++) {
      const list = round.classes[c]!;
      const life = c === 0 && round.births.length + round.deaths.length > 0;
      if (list.length === 0 && !life) continue;
      const touched: AgentRecord[] = [];
      kernel.serving = true;
      if (life) this.#life.serve(round, tag, touched);
      kernel.registry.refreshRanks();
      sortDeliveries(list, (id) => kernel.registry.get(id)?.rank ?? RANK_UNKNOWN);
      for (const delivery of list) this.#deliver(delivery, tag, touched);
      await drain(() => touched.some((record) => record.unsettled));
      kernel.serving = false;
      for (const record of touched) if (record.stuck) this.#faults.stuck.add(record);
    }
    this.handlers.releaseHeld();
    kernel.round++;
    kernel.counts.rounds++;
  }

  #deliver(delivery: Delivery, tag: Tag, touched: AgentRecord[]): void {
    if (delivery.spent) return;
    const kernel = this.#kernel;
    const record = kernel.registry.get(delivery.to);
    if (record === undefined || record.state === "removed") {
      this.#undeliverable(delivery, record, tag);
      return;
    }
    const message = delivery.kind === Kind.input || delivery.kind === Kind.request || delivery.kind === Kind.oneway;
    if (message && record.state !== "ready") {
      this.#hold(record, delivery);
      return;
    }
    this.#faults.served.add(record.id);
    kernel.counts.deliveries[delivery.kind]!++;
    this.#hand(record, delivery, tag, message);
    if (record.open.length > 0) touched.push(record);
  }

  #hand(record: AgentRecord, delivery: Delivery, tag: Tag, message: boolean): void {
    const kernel = this.#kernel;
    if (message) {
      kernel.tracer.delivered(record, delivery, tag, delivery.from.id);
      this.#invoke(record, delivery);
    } else if (delivery.run !== undefined) {
      delivery.spent = true;
      kernel.tracer.delivered(record, delivery, tag, record.id);
      this.handlers.start(record, "timer", delivery.id, undefined, delivery.run);
    } else this.#resume(record, delivery, tag);
  }

  /** What a handler of the agent waits for: the end of a sleep, a reply, an external. */
  #resume(record: AgentRecord, delivery: Delivery, tag: Tag): void {
    const seq = delivery.callSeq < 0 ? delivery.seq : delivery.callSeq;
    const wait = this.#kernel.emissions.endWait(record, seq, delivery);
    if (wait === undefined) return;
    this.#kernel.tracer.delivered(record, delivery, tag, wait.peer);
    let { content } = delivery;
    let ok = delivery.kind !== Kind.failure;
    if (delivery.kind === Kind.external) ({ ok, content } = content as { ok: boolean; content: unknown });
    if (delivery.kind === Kind.timer && delivery.callSeq >= 0) {
      wait.reject(this.#late(record, wait, tag));
      return;
    }
    if (ok) {
      wait.resolve(content);
      return;
    }
    const [code, name, text] = content as [string, string, string];
    const error = new RemoteError(code, name, text, { agent: wait.peer, method: wait.method, tag });
    ownRejection(error, this.#faults.onRejection, record);
    wait.reject(error);
  }

  #late(record: AgentRecord, { peer, method }: Wait, tag: Tag): AgentError {
    const text = `call of ${peer}.${method} by agent "${record.id}" was not answered in time`;
    const error = new AgentError("ERR_CALL_TIMEOUT", text, { agent: peer, method, tag });
    ownRejection(error, this.#faults.onRejection, record);
    return error;
  }

  #invoke(record: AgentRecord, delivery: Delivery): void {
    const { from: caller, seq, method } = delivery;
    const args = delivery.content as unknown[];
    const agent = record.agent as unknown as Record<string, (...args: unknown[]) => unknown>;
    // A bridge is part of the scenario, not a peer: its inputs may go to methods that peers cannot call.
    const ownMethod = delivery.kind === Kind.input && typeof agent[method] === "function" ? agent[method] : undefined;
    const target = record.exposed.get(method) ?? ownMethod;
    if (target !== undefined) {
      const call = delivery.kind === Kind.request ? { caller, seq, method } : undefined;
      this.handlers.start(record, method, delivery.id, call, () => target.apply(agent, args));
      return;
    }
    const allowed = [...record.exposed.keys()].join(", ") || "nothing";
    const text = `agent "${record.id}" (${record.type}) does not expose "${method}"; it exposes ${allowed}`;
    const error = new AgentError("ERR_RPC_NOT_EXPOSED", text, { agent: record.id, method });
    if (delivery.kind === Kind.request) this.#answers.refuse(delivery, record, error);
    else this.#kernel.fail(record.id, error);
  }

  #undeliverable(delivery: Delivery, record: AgentRecord | undefined, tag: Tag): void {
    const { tracer } = this.#kernel;
    const { to, method, from, id } = delivery;
    const error =
      record?.gone(tag) ?? new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${to}"`, { agent: to, tag });
    if (delivery.kind === Kind.request) this.#answers.refuse(delivery, record, error);
    else if (delivery.kind === Kind.input) this.#kernel.fail(to, error);
    else if (delivery.kind === Kind.oneway) {
      const message = `${error.message}; ${method} from ${from.id} is lost`;
      tracer.note(() => ({ kind: "fault", ...tag, agent: to, id: `${id}/lost`, cause: id, code: error.code, message }));
    }
  }

  /** Keep a message until the agent's setup has settled. */
  #hold(record: AgentRecord, delivery: Delivery): void {
    if (record.held.length < this.#kernel.limits.setupInboxMax) {
      record.held.push(delivery);
      return;
    }
    const text = `more than ${this.#kernel.limits.setupInboxMax} messages wait for the setup of agent "${record.id}"`;
    const error = new AgentError("ERR_AGENT_INBOX_FULL", text, { agent: record.id, method: delivery.method });
    if (delivery.kind === Kind.request) this.#answers.refuse(delivery, record, error);
    else this.#kernel.fail(record.id, error);
  }
}
