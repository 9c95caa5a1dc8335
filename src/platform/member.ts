import { AgentHome } from "../agent/agent-factory.ts";
import { LiveLinks } from "../agent/live-peers.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { DATE_TIME } from "../agent/value-types.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import type { Codec } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
import type { Sender } from "../kernel/delivery.ts";
import { Pace, turn } from "../kernel/drain.ts";
import { resultOf, settleExternals } from "../kernel/externals.ts";
import { Faults, NAMED_AGENTS_MAX } from "../kernel/faults.ts";
import { Kernel } from "../kernel/kernel.ts";
import { readOutputs } from "../kernel/outputs.ts";
import { Rounds } from "../kernel/rounds.ts";
import { stopAll } from "../kernel/stop.ts";
import { Stretch } from "../kernel/stretch.ts";
import type { AgentTraceEvent, TraceEvent } from "../trace.ts";
import { AgentChanges } from "./agent-changes.ts";
import { batchCodec, readBatch, remoteSender } from "./batch.ts";
import { type AgentModule, checkedPlacement, classNamed } from "./module.ts";
import { Outbound } from "./outbound.ts";
import type { MemberOptions, NewAgent, ObservedClass, Order, ReadRequest, Report } from "./protocol.ts";

/**
 * One of a platform's containers: serves rounds when the coordinator says so, and tells what its agents have sent to
 * those of others.
 */
export class Member {
  readonly #kernel: Kernel;
  readonly #module: AgentModule;
  readonly #faults: Faults;
  readonly #rounds: Rounds;
  readonly #factory: AgentHome;
  readonly #links: LiveLinks;
  readonly #outbound: Outbound;
  readonly #changes: AgentChanges;
  readonly #codec: Codec;
  readonly #pace = new Pace();
  readonly #senders = new Map<string, Sender>();
  /** Last round that the present order lets it serve. */
  #lastRound = 0;
  /** The event loop is due a turn. */
  #turnDue = false;
  #events: ObservedClass[] = [];
  /** What was asked for in the last `read`. */
  #request: ReadRequest = [];
  #detach: (() => void) | undefined;
  /** An order is being carried out. */
  #obeying = false;
  /** From an advance's first round here to its end. */
  #stretch: Stretch | undefined;

  /** @param onFailure - Told when an agent fails between two orders: the next report has it. */
  constructor(module: AgentModule, options: MemberOptions, onFailure: () => void) {
    const { index, count, start, resolution, seed, trace, strict, limits } = options;
    const { communication = module.communication } = options;
    this.#module = module;
    const types = [DATE_TIME, ...module.types];
    this.#outbound = new Outbound(
      module,
      batchCodec(limits, [...types, AGENT_REFERENCE]),
      checkedPlacement(module.placement, count),
      index,
    );
    const clock = new ExternalClock({ start, resolution });
    clock.own();
    const transit = this.#outbound;
    transit.onFailure = () => {
      if (!this.#obeying) onFailure();
    };
    this.#kernel = new Kernel({ clock, limits, trace, seed, types, strict, communication, transit });
    this.#codec = batchCodec(limits, [...types, this.#kernel.references.type]);
    this.#faults = new Faults(this.#kernel);
    this.#rounds = new Rounds(this.#kernel, this.#faults);
    this.#links = new LiveLinks(this.#kernel, "msgpack");
    this.#factory = new AgentHome(this.#kernel, this.#rounds.handlers, this.#links, seed);
    this.#changes = new AgentChanges(this.#kernel);
    this.#kernel.tracer.byClass = true;
  }

  /** Carry out an order; the caller waits for the report before it gives the next one. Never rejected. */
  async obey(order: Order): Promise<Report> {
    this.#obeying = true;
    try {
      this.#observe(order.observed);
      this.#goTo(order.ticks, order.round);
      for (const batch of order.batches) this.#receive(batch);
      const extra = await this.#carryOut(order);
      return { ...this.#report(), ...extra };
    } catch (error) {
      return { ...this.#report(), error: error as Error };
    } finally {
      this.#obeying = false;
    }
  }

  /** The coordinator has let go of the container in the middle of an advance, and gives no more orders. */
  abandon(): Promise<void> {
    return this.#fail("the platform has let go of this container");
  }

  async #fail(reason: string): Promise<void> {
    const stretch = this.#stretch;
    this.#stretch = undefined;
    await stretch?.fail(new RunError("ERR_RUN_FAILED", reason));
  }

  async #carryOut(order: Order): Promise<Partial<Report>> {
    switch (order.what) {
      case "round":
        return this.#serve(order.lastRound, order.named);
      case "finish":
        return this.#finish();
      case "tell":
        return {};
      case "fail":
        await this.#fail(order.reason);
        return { changes: this.#changes.take() };
      case "spawn":
        return { refused: order.agents.map((agent) => this.#spawn(agent)), changes: this.#changes.take() };
      case "read":
        return this.#read(order.request);
      case "close":
        return this.#close();
    }
  }

  async #serve(lastRound: number, named: boolean): Promise<Partial<Report>> {
    const kernel = this.#kernel;
    this.#stretch ??= new Stretch(kernel, this.#faults);
    await undefined; // a drain begins in a microtask
    const agents = named ? { agents: kernel.next.agents(NAMED_AGENTS_MAX) } : {};
    this.#lastRound = lastRound;
    do {
      if (kernel.next.size > 0) await this.#rounds.serve(this.#between);
      if (kernel.failures.length === 0 && kernel.externals.length > 0) await this.#settleExternals();
      if (this.#turnDue) await this.#turn();
    } while (this.#goesOn);
    return agents;
  }

  /** Whether the next round is served without a word from the coordinator. */
  get #goesOn(): boolean {
    const { next, round, failures } = this.#kernel;
    return next.size > 0 && round <= this.#lastRound && failures.length === 0 && this.#outbound.isQuiet;
  }

  /** After each round: whether the next one is served at once. */
  readonly #between = (): boolean => {
    this.#turnDue = this.#pace.due();
    this.#kernel.tracer.flush();
    return !this.#turnDue && this.#kernel.externals.length === 0 && this.#goesOn;
  };

  async #settleExternals(): Promise<void> {
    const kernel = this.#kernel;
    const { externals } = kernel;
    kernel.externals = [];
    try {
      const outcomes = await settleExternals(externals, kernel.limits.externalTimeoutMs);
      for (const [i, external] of externals.entries()) kernel.next.add(resultOf(external, outcomes[i]!, kernel));
    } catch (error) {
      kernel.fail((error as AgentError).agent ?? "", error as Error);
    }
  }

  async #finish(): Promise<Partial<Report>> {
    await this.#turn();
    this.#faults.reportStuck();
    if (this.#kernel.failures.length === 0) {
      this.#stretch?.end();
      this.#stretch = undefined;
    }
    return { changes: this.#changes.take() };
  }

  /** Make an agent; gives the reason if that is not possible. */
  #spawn([type, id, args]: NewAgent): Error | null {
    try {
      const own = this.#kernel.copyFor(id, args, `spawn(${id})`) as unknown[];
      const record = this.#factory.create(classNamed(this.#module, type), id, own);
      this.#kernel.next.addBirth({ id, create: () => record, parent: undefined, cause: undefined });
      this.#changes.made(record);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  #read(request: ReadRequest | undefined): Partial<Report> {
    if (request !== undefined) this.#request = request;
    const values: unknown[][] = [];
    try {
      for (const [agent, names] of this.#request) values.push(this.#outputs(agent, names));
    } catch (error) {
      return { values, error: error as Error };
    }
    return { values };
  }

  #outputs(agent: string, names: readonly string[]): unknown[] {
    const record = this.#kernel.registry.get(agent);
    if (record === undefined || record.state === "removed") {
      throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}"`, { agent, method: "outputs" });
    }
    const values = readOutputs(record, names, this.#kernel);
    return names.map((name) => values[name]);
  }

  async #close(): Promise<Partial<Report>> {
    const failure = await stopAll(this.#kernel);
    await this.#links.close();
    if (failure !== undefined) throw failure;
    return {};
  }

  async #turn(): Promise<void> {
    this.#turnDue = false;
    await turn();
    this.#faults.turns++;
  }

  #goTo(ticks: number, round: number): void {
    this.#kernel.moveTo(ticks);
    this.#kernel.round = round;
  }

  #receive(batch: Uint8Array): void {
    const kernel = this.#kernel;
    const senderOf = (id: string) => this.#senderOf(id);
    for (const item of readBatch(batch, this.#codec, senderOf)) {
      kernel.references.bindTo("birth" in item ? item.birth.id : item.delivery.to);
      if ("birth" in item) {
        const { id, parent, type, args, cause } = item.birth;
        const create = () => this.#factory.create(classNamed(this.#module, type), id, args);
        kernel.next.addBirth({ id, create, parent, cause });
      } else if (item.ticks === kernel.clock.ticks) kernel.next.add(item.delivery);
      else kernel.timers.add(item.ticks, item.delivery);
    }
  }

  #senderOf(id: string): Sender {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      sender = remoteSender(id);
      this.#senders.set(id, sender);
    }
    return sender;
  }

  #note(batch: readonly TraceEvent[]): void {
    const { round, served } = this.#kernel.tracer;
    this.#events.push([round, served, batch as readonly AgentTraceEvent[]]);
  }

  #observe(observed: boolean): void {
    if (observed === (this.#detach !== undefined)) return;
    if (observed) this.#detach = this.#kernel.tracer.attach((batch) => this.#note(batch));
    else {
      this.#detach?.();
      this.#detach = undefined;
    }
  }

  /** What has come of the order so far; what was sent is in one report only. */
  #report(): Report {
    const kernel = this.#kernel;
    kernel.tracer.flush();
    const { failures } = kernel;
    if (failures.length > 0) kernel.failures = [];
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return {
      busy: kernel.next.size > 0,
      due: kernel.timers.peek(),
      round: kernel.round,
      sent: this.#outbound.take(),
      answers: this.#outbound.takeAnswers(),
      failures,
      events,
    };
  }
}
