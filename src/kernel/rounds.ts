import { AgentError, RemoteError, type Tag } from "../errors.ts";
import { Answers } from "./answers.ts";
import { CLASSES, type Delivery, Kind } from "./delivery.ts";
import { Drain } from "./drain.ts";
import type { Faults } from "./faults.ts";
import { Handlers } from "./handlers.ts";
import type { Kernel } from "./kernel.ts";
import { Life } from "./life.ts";
import type { AgentRecord } from "./record.ts";
import { ownRejection } from "./rejections.ts";
import { Round, sortDeliveries } from "./round.ts";
import type { Wait } from "./wait.ts";

const NO_DELIVERIES: readonly Delivery[] = [];
const NO_ROUND = new Round();

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
  /** The round under way, its tag and the class that is served. */
  #round = NO_ROUND;
  #tag: Tag = { ticks: 0, round: 0 };
  #class = 0;
  /** Agents with open handlers that were served in this class. */
  readonly #touched: AgentRecord[] = [];
  readonly #drain = new Drain(
    () => this.#unsettled(),
    () => this.#drained(),
  );
  #between: () => boolean = () => false;
  #resolve = (): void => {};
  #reject = (_error: unknown): void => {};

  constructor(kernel: Kernel, faults: Faults) {
    this.#kernel = kernel;
    this.#answers = new Answers(kernel);
    this.handlers = new Handlers(kernel, this.#answers);
    this.#life = new Life(kernel, this.handlers, this.#answers);
    this.#faults = faults;
  }

  /**
   * Serve everything of the present tag; afterwards `kernel.round` is the next one. Must be called in a microtask.
   *
   * @param between - Called after each round: true goes on with the next one at once.
   */
  serve(between: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between = between;
      this.#resolve = resolve;
      this.#reject = reject;
      this.#begin();
    });
  }

  #begin(): void {
    const kernel = this.#kernel;
    this.#round = kernel.next;
    kernel.next = new Round();
    this.#tag = kernel.tag;
    kernel.tracer.at(this.#tag);
    this.#class = 0;
    this.#goOn();
  }

  /** Serve the next class that has something, or end the round. */
  #goOn(): void {
    try {
      const { classes, births, deaths } = this.#round;
      for (; this.#class < CLASSES; this.#class++) {
        const list = classes[this.#class];
        const life = this.#class === 0 && (births !== undefined || deaths !== undefined);
        if (list === undefined && !life) continue;
        this.#serveClass(list ?? NO_DELIVERIES, life);
        this.#drain.begin();
        return;
      }
      this.#round = NO_ROUND;
      this.handlers.releaseHeld();
      this.#kernel.round++;
      this.#kernel.counts.rounds++;
      if (this.#between()) this.#begin();
      else this.#resolve();
    } catch (error) {
      this.#reject(error);
    }
  }

  #drained(): void {
    this.#kernel.serving = false;
    this.#kernel.tracer.endClass();
    const touched = this.#touched;
    if (touched.length > 0) {
      for (const record of touched) if (record.stuck) this.#faults.stuck.add(record);
      touched.length = 0;
    }
    this.#class++;
    this.#goOn();
  }

  #unsettled(): boolean {
    const touched = this.#touched;
    for (let i = 0; i < touched.length; i++) if (touched[i]!.unsettled) return true;
    return false;
  }

  #serveClass(list: readonly Delivery[], life: boolean): void {
    const { registry } = this.#kernel;
    this.#drain.prepare();
    this.#kernel.serving = true;
    this.#kernel.tracer.beginClass(this.#class);
    if (life) this.#life.serve(this.#round, this.#tag, this.#touched);
    registry.refreshRanks();
    for (let i = 0; i < list.length; i++) {
      const delivery = list[i]!;
      if (delivery.receiver === undefined) delivery.receiver = registry.get(delivery.to);
    }
    sortDeliveries(list as Delivery[]);
    for (let i = 0; i < list.length; i++) this.#deliver(list[i]!);
  }

  #deliver(delivery: Delivery): void {
    if (delivery.spent) return;
    const { kind, receiver: record } = delivery;
    if (record === undefined || record.state === "removed") {
      this.#undeliverable(delivery, record, this.#tag);
      return;
    }
    const message = kind === Kind.input || kind === Kind.request || kind === Kind.oneway;
    if (message && record.state !== "ready") {
      this.#hold(record, delivery);
      return;
    }
    record.servedAtTurn = this.#faults.turns;
    this.#kernel.counts.deliveries[kind]!++;
    if (message) {
      this.#kernel.tracer.delivered(record, delivery, delivery.from.id);
      this.#invoke(record, delivery);
    } else if (delivery.run !== undefined) {
      delivery.spent = true;
      record.dropTimer(delivery);
      this.#kernel.tracer.delivered(record, delivery, record.id);
      this.handlers.fire(record, delivery);
    } else this.#resume(record, delivery);
    if (record.open.length > 0) this.#touched.push(record);
  }

  /** What a handler of the agent waits for: the end of a sleep, a reply, an external. */
  #resume(record: AgentRecord, delivery: Delivery): void {
    const { kind, callSeq, seq } = delivery;
    if (kind === Kind.timer) record.dropTimer(delivery);
    const wait = this.#kernel.emissions.endWait(record, callSeq < 0 ? seq : callSeq, delivery);
    if (wait === undefined) return;
    this.#kernel.tracer.delivered(record, delivery, wait.peer);
    if (kind === Kind.timer) {
      if (callSeq < 0) wait.resolve(undefined);
      else wait.reject(this.#late(record, wait));
      return;
    }
    let { content } = delivery;
    let ok = kind !== Kind.failure;
    if (kind === Kind.external) ({ ok, content } = content as { ok: boolean; content: unknown });
    if (ok) wait.resolve(content);
    else wait.reject(this.#failure(record, wait, content as [string, string, string]));
  }

  #failure(record: AgentRecord, wait: Wait, [code, name, text]: readonly [string, string, string]): RemoteError {
    const error = new RemoteError(code, name, text, { agent: wait.peer, method: wait.method, tag: this.#tag });
    ownRejection(error, this.#faults.onRejection, record);
    return error;
  }

  #late(record: AgentRecord, { peer, method }: Wait): AgentError {
    const text = `call of ${peer}.${method} by agent "${record.id}" was not answered in time`;
    const error = new AgentError("ERR_CALL_TIMEOUT", text, { agent: peer, method, tag: this.#tag });
    ownRejection(error, this.#faults.onRejection, record);
    return error;
  }

  #invoke(record: AgentRecord, delivery: Delivery): void {
    const { method, kind } = delivery;
    let target = record.type.exposed.get(method);
    if (target === undefined && kind === Kind.input) {
      // A bridge is part of the scenario, not a peer: its inputs may go to methods that peers cannot call.
      const own = (record.agent as unknown as Record<string, unknown>)[method];
      if (typeof own === "function") target = own as (...args: unknown[]) => unknown;
    }
    if (target !== undefined) {
      this.handlers.invoke(record, delivery, target);
      return;
    }
    const { name, exposed } = record.type;
    const allowed = [...exposed.keys()].join(", ") || "nothing";
    const text = `agent "${record.id}" (${name}) does not expose "${method}"; it exposes ${allowed}`;
    this.#refuse(record, delivery, new AgentError("ERR_RPC_NOT_EXPOSED", text, { agent: record.id, method }));
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
      record.hold(delivery);
      return;
    }
    const text = `more than ${this.#kernel.limits.setupInboxMax} messages wait for the setup of agent "${record.id}"`;
    const details = { agent: record.id, method: delivery.method };
    this.#refuse(record, delivery, new AgentError("ERR_AGENT_INBOX_FULL", text, details));
  }

  #refuse(record: AgentRecord, delivery: Delivery, error: AgentError): void {
    if (delivery.kind === Kind.request) this.#answers.refuse(delivery, record, error);
    else this.#kernel.fail(record.id, error);
  }
}
