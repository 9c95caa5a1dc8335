import "../agent/reach-peers.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { createSimulation, DATE_TIME, type Simulation } from "../agent/simulation.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import type { Codec } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
import type { DriverHooks } from "../kernel/driver.ts";
import { NAMED_AGENTS_MAX } from "../kernel/faults.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Sender } from "../kernel/order.ts";
import { readOutputs } from "../kernel/outside.ts";
import { ServingPeriod, stopAll } from "../kernel/serving.ts";
import type { TraceEvent } from "../trace.ts";
import { type AgentModule, classNamed } from "./agent-module.ts";
import { batchCodec, readBatch, remoteSender } from "./batch.ts";
import { Ledger } from "./ledger.ts";
import type { MemberOptions, Order, Report } from "./orders.ts";
import { Outgoing } from "./outgoing.ts";
import { checked } from "./placement.ts";

/**
 * One of a platform's containers: serves rounds when the coordinator says so, and tells what its agents have sent to
 * those of others.
 */
export class Member implements DriverHooks {
  readonly #kernel: Kernel;
  readonly #module: AgentModule;
  readonly #simulation: Simulation;
  readonly #outgoing: Outgoing;
  readonly #ledger: Ledger;
  readonly #codec: Codec;
  readonly #senders = new Map<string, Sender>();
  /** Last round that the present order lets it serve. */
  #lastRound = 0;
  #events: TraceEvent[] = [];
  #detach: (() => void) | undefined;
  /** An order is being carried out. */
  #obeying = false;
  /** From an advance's first round here to its end. */
  #serving: ServingPeriod | undefined;

  /** @param onFailure - Told when an agent fails between two orders: the next report has it. */
  constructor(module: AgentModule, options: MemberOptions, onFailure: () => void) {
    const { index, count, start, resolution, seed, trace, strict, limits } = options;
    const { communication = module.communication } = options;
    this.#module = module;
    const types = [DATE_TIME, ...module.types];
    this.#outgoing = new Outgoing(
      module,
      batchCodec(limits, [...types, AGENT_REFERENCE]),
      checked(module.placement, count),
      index,
    );
    const clock = new ExternalClock({ start, resolution });
    const others = this.#outgoing;
    others.onFailure = () => {
      if (!this.#obeying) onFailure();
    };
    const own = {
      clock,
      limits,
      trace,
      seed,
      types: module.types,
      strict,
      communication,
      codec: "msgpack",
      others,
    } as const;
    this.#simulation = createSimulation(own);
    this.#kernel = this.#simulation.kernel;
    this.#codec = batchCodec(limits, [...types, this.#simulation.references.type]);
    this.#ledger = new Ledger(this.#kernel);
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

  async #carryOut(order: Order): Promise<Partial<Report>> {
    switch (order.what) {
      case "round":
        return this.#serve(order.lastRound, order.named);
      case "finish":
        return this.#finish();
      case "tell":
        return {};
      case "fail":
        await this.#serving?.fail(new RunError("ERR_RUN_FAILED", order.reason));
        this.#serving = undefined;
        return { changes: this.#ledger.take() };
      case "spawn":
        return this.#spawn(order.type, order.id, order.args);
      case "outputs":
        return { values: this.#outputs(order.agent, order.names) };
      case "close":
        return this.#close();
    }
  }

  async #serve(lastRound: number, named: boolean): Promise<Partial<Report>> {
    const kernel = this.#kernel;
    const { driver } = this.#simulation;
    this.#serving ??= new ServingPeriod(kernel, driver.watch);
    await undefined; // a drain begins in a microtask
    const agents = named ? { agents: kernel.next.agents(NAMED_AGENTS_MAX) } : {};
    this.#lastRound = lastRound;
    await driver.run(this);
    return agents;
  }

  /** Whether the next round is served without a word from the coordinator. */
  mayGoOn(): boolean {
    const { next, round } = this.#kernel;
    return next.size > 0 && round <= this.#lastRound && this.#outgoing.isEmpty;
  }

  roundDone(): void {
    this.#kernel.tracer.flush();
  }

  async #finish(): Promise<Partial<Report>> {
    const { driver } = this.#simulation;
    await driver.turn();
    driver.watch.reportStuck();
    if (this.#kernel.failures.length === 0) {
      this.#serving?.end();
      this.#serving = undefined;
    }
    return { changes: this.#ledger.take() };
  }

  #spawn(type: string, id: string, args: readonly unknown[]): Partial<Report> {
    const own = this.#kernel.copyFor(id, args, `spawn(${id})`) as unknown[];
    const record = this.#simulation.factory.create(classNamed(this.#module, type), id, own);
    this.#kernel.next.addBirth({ id, create: () => record, parent: undefined, cause: undefined });
    this.#ledger.made(record);
    return { changes: this.#ledger.take() };
  }

  #outputs(agent: string, names: readonly string[]): Record<string, unknown> {
    const record = this.#kernel.registry.get(agent);
    if (record !== undefined && record.state !== "removed")
      return readOutputs(record, names, (value, root) => this.#kernel.copyOut(value, root));
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}"`, { agent, method: "outputs" });
  }

  async #close(): Promise<Partial<Report>> {
    const failure = await stopAll(this.#kernel);
    await this.#simulation.peers.close();
    if (failure !== undefined) throw failure;
    return {};
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
        const create = () => this.#simulation.factory.create(classNamed(this.#module, type), id, args);
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

  #observe(observed: boolean): void {
    if (observed === (this.#detach !== undefined)) return;
    if (observed) this.#detach = this.#kernel.tracer.attach((batch) => void this.#events.push(...batch));
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
      sent: this.#outgoing.take(),
      answers: this.#outgoing.takeAnswers(),
      failures,
      events,
    };
  }
}
