import { AgentError, type RemoteError, type Tag } from "../errors.ts";
import { warn } from "../host.ts";
import type { Emissions } from "./emissions.ts";
import { Drain, inMicrotask, ownRejection } from "./event-loop.ts";
import { failedCall } from "./faults.ts";
import { Answers, Handlers } from "./handlers.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord, AgentTimer, Delivery, Wait } from "./model.ts";
import { CLASS_OF, CLASSES, compareIds, Kind, sortDeliveries, sortTimers } from "./order.ts";
import { type Birth, Round } from "./round.ts";
import type { StepWatch } from "./serving.ts";
import type { Cause } from "./trace/cause.ts";

const TIMERS = CLASS_OF[Kind.timer]!;
const NO_ROUND = new Round();

/** Pairs of a sender and an id that nobody has for which a warning is given, at most. */
const WARNED_PAIRS_MAX = 1000;

/**
 * Serves rounds: hands each delivery of a tag to its agent in the total order, and waits after each class until every
 * handler has run to its next simulated wait.
 */
export class Rounds {
  readonly #kernel: Kernel;
  readonly #emissions: Emissions;
  readonly #answers: Answers;
  readonly handlers: Handlers;
  readonly #life: Life;
  readonly #watch: StepWatch;
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
  /** Senders and ids of messages that were lost since nobody has the id, as far as it was said. */
  readonly #warned = new Set<string>();
  #between: () => boolean = () => false;
  #served = (): void => {};
  #failed = (_error: unknown): void => {};

  constructor(emissions: Emissions, watch: StepWatch) {
    const { kernel } = emissions;
    this.#kernel = kernel;
    this.#emissions = emissions;
    this.#answers = new Answers(kernel);
    this.handlers = new Handlers(kernel, this.#answers);
    this.#life = new Life(kernel, this.handlers, this.#answers);
    this.#watch = watch;
  }

  /**
   * Serve everything of the present tag; afterwards `kernel.round` is the next one. Must be called in a microtask. Callbacks
   * and no promise: what follows a round is done in the tick in which it has ended.
   *
   * @param between - Called after each round: true goes on with the next one at once.
   * @param served - Called in a tick, once `between` has said no; must not throw.
   * @param failed - Takes what was thrown while rounds were served.
   */
  serve(between: () => boolean, served: () => void, failed: (error: unknown) => void): void {
    this.#between = between;
    this.#served = served;
    this.#failed = failed;
    this.#begin();
  }

  readonly #begin = (): void => {
    const kernel = this.#kernel;
    this.#round = kernel.next;
    kernel.next = new Round();
    this.#tag = kernel.tag;
    kernel.tracer.at(this.#tag);
    this.#class = 0;
    if (this.#findClass()) this.#serveClass();
    else this.#end(); // of a round that is empty
  };

  /** Go to the next class that has something; false if none has. */
  #findClass(): boolean {
    while (this.#class < CLASSES && !this.#hasClass()) this.#class++;
    return this.#class < CLASSES;
  }

  #end(): void {
    try {
      this.#round = NO_ROUND;
      this.handlers.releaseHeld();
      this.#kernel.tracer.roundServed();
      this.#kernel.round++;
      this.#kernel.counts.rounds++;
      if (this.#between()) {
        inMicrotask(this.#begin);
        return;
      }
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#served();
  }

  #drained(): void {
    this.#kernel.serving = false;
    const touched = this.#touched;
    for (let i = 0; i < touched.length; i++) if (touched[i]!.stuck) this.#watch.stuck.add(touched[i]!);
    while (touched.length > 0) touched.pop(); // to set its length is a call of V8's runtime, 60 ns
    this.#class++;
    if (this.#findClass()) inMicrotask(this.#serveClass);
    else this.#end();
  }

  #unsettled(): boolean {
    const touched = this.#touched;
    for (let i = 0; i < touched.length; i++) if (touched[i]!.unsettled) return true;
    return false;
  }

  /** Whether the round has something of the class; births and deaths come with the first. */
  #hasClass(): boolean {
    const { classes, timers, births, deaths } = this.#round;
    if (this.#class === TIMERS) return timers !== undefined;
    return classes[this.#class] !== undefined || (this.#class === 0 && (births !== undefined || deaths !== undefined));
  }

  /** Must be called in a microtask. */
  readonly #serveClass = (): void => {
    try {
      this.#drain.prepare();
      this.#kernel.serving = true;
      if (this.#class === 0) this.#life.serve(this.#round, this.#tag, this.#touched);
      this.#kernel.registry.refreshRanks();
      if (this.#class === TIMERS) this.#fireAll(this.#round.timers!);
      else this.#deliverAll(this.#round.classes[this.#class] ?? []);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#drain.begin();
  };

  #fireAll(timers: AgentTimer[]): void {
    sortTimers(timers);
    for (let i = 0; i < timers.length; i++) this.#fire(timers[i]!);
  }

  #deliverAll(list: Delivery[]): void {
    const { registry } = this.#kernel;
    for (let i = 0; i < list.length; i++) {
      const delivery = list[i]!;
      if (delivery.receiver === undefined) delivery.receiver = registry.get(delivery.to);
    }
    sortDeliveries(list);
    for (let i = 0; i < list.length; i++) this.#deliver(list[i]!);
  }

  #fire(timer: AgentTimer): void {
    const { record } = timer;
    if (timer.spent || record.state === "removed") return;
    record.servedAtTurn = this.#watch.turns;
    this.#kernel.counts.deliveries[Kind.timer]!++;
    record.dropTimer(timer);
    const { run } = timer;
    if (run === undefined) this.#endWait(record, timer);
    else {
      this.#kernel.tracer.fired(record, timer);
      const { seq } = timer;
      this.#emissions.timerPool.give(timer);
      this.handlers.fire(record, run, seq);
    }
    if (record.open.length > 0) this.#touched.push(record);
  }

  /** End a sleep, or a call that was not answered in time. */
  #endWait(record: AgentRecord, timer: AgentTimer): void {
    const wait = this.#emissions.endWait(record, timer.waitSeq, record, timer.seq);
    if (wait === undefined) return;
    this.#kernel.tracer.fired(record, timer);
    if (timer.waitSeq !== timer.seq) {
      wait.reject(this.#late(record, wait));
      return;
    }
    this.#emissions.timerPool.give(timer);
    wait.resolve(undefined);
  }

  #deliver(delivery: Delivery): void {
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
    record.servedAtTurn = this.#watch.turns;
    this.#kernel.counts.deliveries[kind]!++;
    if (message) {
      this.#kernel.tracer.delivered(record, delivery, delivery.from.id);
      this.#invoke(record, delivery);
    } else this.#resume(record, delivery);
    if (record.open.length > 0) this.#touched.push(record);
  }

  /** What a handler of the agent waits for: a reply, an external. */
  #resume(record: AgentRecord, delivery: Delivery): void {
    const { kind, callSeq, seq, from } = delivery;
    const wait = this.#emissions.endWait(record, callSeq < 0 ? seq : callSeq, from, seq);
    if (wait === undefined) return;
    this.#kernel.tracer.delivered(record, delivery, wait.peer);
    let { content } = delivery;
    let ok = kind !== Kind.failure;
    if (kind === Kind.external) ({ ok, content } = content as { ok: boolean; content: unknown });
    if (ok) wait.resolve(content);
    else wait.reject(this.#failure(record, wait, content as object));
  }

  #failure(record: AgentRecord, wait: Wait, content: object): RemoteError {
    const error = failedCall(content, wait.peer, wait.method, this.#tag);
    ownRejection(error, this.#watch.onRejection, record);
    return error;
  }

  #late(record: AgentRecord, { peer, method }: Wait): AgentError {
    const text = `call of ${peer}.${method} by agent "${record.id}" was not answered in time`;
    const error = new AgentError("ERR_CALL_TIMEOUT", text, { agent: peer, method, tag: this.#tag });
    ownRejection(error, this.#watch.onRejection, record);
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
      if (record === undefined) this.#warnLost(from.id, to, method);
    }
  }

  /** Say once for each sender and id that nobody has the id: it may be misspelt. */
  #warnLost(from: string, to: string, method: string): void {
    // No id has white space.
    const pair = `${from} ${to}`;
    if (this.#warned.has(pair) || this.#warned.size >= WARNED_PAIRS_MAX) return;
    this.#warned.add(pair);
    warn(`${method} of agent "${from}" to "${to}" is lost: there is no agent "${to}"`, "COSIMAS_MESSAGE_LOST");
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

/** Births and deaths: agents begin and end at a tag, before anything is delivered there, in the order of their ids. */
class Life {
  readonly #kernel: Kernel;
  readonly #handlers: Handlers;
  readonly #answers: Answers;

  constructor(kernel: Kernel, handlers: Handlers, answers: Answers) {
    this.#kernel = kernel;
    this.#handlers = handlers;
    this.#answers = answers;
  }

  /** Serve the births, then the deaths of a round; agents whose code ran are added to `touched`. */
  serve(round: Round, tag: Tag, touched: AgentRecord[]): void {
    const { births = [], deaths = [] } = round;
    births.sort(compareIds);
    for (const birth of births) this.#bear(birth, tag, touched);
    deaths.sort((a, b) => compareIds(a.record, b.record));
    for (const { record, cause } of deaths) if (record.state !== "removed") this.#bury(record, tag, cause);
  }

  #bear(birth: Birth, tag: Tag, touched: AgentRecord[]): void {
    let record: AgentRecord;
    try {
      record = birth.create();
    } catch (error) {
      this.#handlers.failed(birth.parent?.id ?? birth.id, `spawn of ${birth.id}`, error, `${birth.id}#unborn`);
      return;
    }
    touched.push(record);
    record.state = "setup";
    this.#kernel.tracer.life("created", record, tag, birth.cause, birth.parent?.id);
    this.#handlers.start(record, "setup", "created", () => record.agent?.setup());
  }

  #bury(record: AgentRecord, tag: Tag, cause: Cause | undefined): void {
    this.#handlers.start(record, "stop", "removed", () => record.agent?.stop());
    record.state = "removed";
    this.#kernel.tracer.life("removed", record, tag, cause);
    for (const activity of record.open) {
      activity.abandoned = true;
      if (activity.call !== undefined) this.#answers.settle(record, activity.call, cause, false, record.gone(tag));
    }
    // What waited for its setup finds it gone in the next round, like everything that comes later.
    for (const held of record.takeHeld()) this.#kernel.next.add(held);
    for (const timer of record.takeTimers()) this.#kernel.timers.cancel(timer);
    record.end(tag);
  }
}
