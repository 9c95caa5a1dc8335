import "../agent/reach-peers.ts";
import { PeerPopulations } from "../agent/populations.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { createSimulation, DATE_TIME, type Simulation } from "../agent/simulation.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import type { Codec } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
import type { DriverHooks } from "../kernel/driver.ts";
import { NAMED_AGENTS_MAX } from "../kernel/faults.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/model.ts";
import { type Sender, senderOf } from "../kernel/order.ts";
import { readOutput } from "../kernel/outside.ts";
import { ServingPeriod, stopAll } from "../kernel/serving.ts";
import type { TraceEvent } from "../trace.ts";
import { AgentChanges } from "./agent-changes.ts";
import { type AgentModule, checkedPlacement, classNamed } from "./module.ts";
import { Outbound } from "./outbound.ts";
import type {
  MemberOptions,
  NewAgent,
  Order,
  ReadRequest,
  Report,
  ReportDetails,
  RoundTask,
  Task,
} from "./protocol.ts";
import { batchCodec, type Item, readBatch } from "./wire/batch.ts";

const NOTHING: ReportDetails = {};

/** Takes the report of an order; must not throw. */
type Reported = (report: Report) => void;

/**
 * One of a platform's containers: serves rounds when the coordinator says so, and tells what its agents have sent to
 * those of others.
 */
export class Member implements DriverHooks {
  readonly #kernel: Kernel;
  readonly #module: AgentModule;
  readonly #simulation: Simulation;
  readonly #outbound: Outbound;
  readonly #changes: AgentChanges;
  readonly #codec: Codec;
  readonly #senders = new Map<string, Sender>();
  /** Last round that the present order lets it serve. */
  #lastRound = 0;
  #events: TraceEvent[] = [];
  /** What was asked for in the last `read`. */
  #request: ReadRequest = [];
  readonly #copyOut = (value: unknown, root: string) => this.#kernel.copyOut(value, root);
  #detach: (() => void) | undefined;
  /** Takes the report of the order that is being carried out. */
  #reported: Reported | undefined;
  /** The round that is served, and the agents that are named in its report. */
  #task: RoundTask | undefined;
  #named: readonly string[] | undefined;
  /** From an advance's first round here to its end. */
  #serving: ServingPeriod | undefined;

  /** @param onFailure - Told when an agent fails between two orders: the next report has it. */
  constructor(module: AgentModule, options: MemberOptions, onFailure: () => void) {
    const { index, count, start, resolution, seed, trace, strict, limits, populations } = options;
    const { communication = module.communication } = options;
    this.#module = module;
    const types = [DATE_TIME, ...module.types];
    const peers = populations && new PeerPopulations(populations);
    this.#outbound = new Outbound(
      module,
      batchCodec(limits, [...types, AGENT_REFERENCE]),
      checkedPlacement(module.placement, count),
      index,
      peers,
    );
    const clock = new ExternalClock({ start, resolution });
    const others = this.#outbound;
    others.onFailure = () => {
      if (this.#reported === undefined) onFailure();
    };
    const own = {
      clock,
      limits,
      trace,
      seed,
      types: module.types,
      strict,
      communication: peers === undefined ? communication : peers.modelOf(communication),
      codec: "msgpack",
      others,
    } as const;
    this.#simulation = createSimulation(own);
    this.#kernel = this.#simulation.kernel;
    this.#codec = batchCodec(limits, [...types, this.#simulation.references.type]);
    this.#changes = new AgentChanges(this.#kernel);
  }

  /**
   * Carry out an order; the caller waits for the report before it gives the next one. Called in a microtask, as a drain has
   * to begin in one. Never throws.
   *
   * A round whose agents only handle what they get is one run from here to its report, but for the drain: promises on that
   * way make a tenth of what a small round costs, in a process that has slept and finds its caches cold.
   */
  obey({ observed, ticks, round, batches, task }: Order, reported: Reported): void {
    this.#reported = reported;
    try {
      this.#observe(observed);
      this.#goTo(ticks, round);
      for (let i = 0; i < batches.length; i++) {
        readBatch(batches[i]!, this.#codec, this.#senderOf, this.#receive, this.#changes.idOf);
      }
      if (task.what === "round") this.#serve(task);
      else void this.#settled(this.#carryOut(task));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Report once `details` are there. */
  async #settled(details: Promise<ReportDetails>): Promise<void> {
    try {
      this.#end(await details);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): void => this.#end({ error: error as Error });

  /** The order has been carried out. */
  #end(details: ReportDetails): void {
    let report: Report;
    try {
      report = this.#report(details);
    } catch (error) {
      report = this.#report({ error: error as Error }); // without what could not be written
    }
    const reported = this.#reported!;
    this.#reported = undefined;
    reported(report);
  }

  /** The coordinator has let go of the container in the middle of an advance, and gives no more orders. */
  abandon(): Promise<void> {
    return this.#fail("the platform has let go of this container");
  }

  async #fail(reason: string): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    await serving?.fail(new RunError("ERR_RUN_FAILED", reason));
  }

  async #carryOut(task: Exclude<Task, RoundTask>): Promise<ReportDetails> {
    switch (task.what) {
      case "finish":
        return this.#finish(task.reads);
      case "tell":
        return NOTHING;
      case "fail":
        return this.#fail(task.reason).then(() => this.#news());
      case "spawn":
        return { refused: task.agents.map((agent) => this.#spawn(agent)), ...this.#news() };
      case "read":
        return this.#read(task.request);
      case "close":
        return this.#close();
    }
  }

  #serve(task: RoundTask): void {
    const kernel = this.#kernel;
    const { driver } = this.#simulation;
    this.#serving ??= new ServingPeriod(kernel, driver.watch);
    this.#task = task;
    this.#named = task.named ? kernel.next.agents(NAMED_AGENTS_MAX) : undefined;
    this.#lastRound = task.lastRound;
    if (task.horizonTicks !== undefined) this.#outbound.peers!.horizonTicks = task.horizonTicks;
    driver.start(this, this.#served, this.#failed);
  }

  readonly #served = (): void => {
    const { ends, reads } = this.#task!;
    if (ends) void this.#settled(this.#finishEarly(reads).then((details) => this.#withNames(details)));
    else this.#end(this.#withNames(NOTHING));
  };

  #withNames(details: ReportDetails): ReportDetails {
    return this.#named === undefined ? details : { ...details, agents: this.#named };
  }

  /**
   * Finish if nothing is left to do, in the hope that nothing will be. What has become of agents that wait for something
   * that the simulation does not know, or whose failure shows only now, is told when the advance has ended for sure.
   */
  async #finishEarly(reads: boolean): Promise<ReportDetails> {
    const { driver } = this.#simulation;
    const { next, failures } = this.#kernel;
    if (next.size > 0 || !this.#outbound.isQuiet || failures.length > 0 || driver.watch.stuck.size > 0) return NOTHING;
    await driver.turn();
    if (this.#kernel.failures.length > 0) return NOTHING;
    return { ...this.#finished(reads), finished: true };
  }

  /** Whether the next round is served without a word from the coordinator. */
  mayGoOn(): boolean {
    const { next, round } = this.#kernel;
    return next.size > 0 && round <= this.#lastRound && this.#outbound.isQuiet;
  }

  roundDone(): void {
    this.#kernel.tracer.flush();
  }

  async #finish(reads: boolean): Promise<ReportDetails> {
    const { driver } = this.#simulation;
    await driver.turn();
    driver.watch.reportStuck();
    return this.#finished(reads);
  }

  #finished(reads: boolean): ReportDetails {
    if (this.#kernel.failures.length === 0) {
      this.#serving?.end();
      this.#serving = undefined;
    }
    const { values, error } = reads ? this.#read(undefined) : {};
    return { ...this.#news(), ...(values && error === undefined && { values }) };
  }

  /** What has changed among the agents, and what they have sent to other populations, since it was told the last time. */
  #news(): ReportDetails {
    const packs = this.#outbound.takePacks();
    return { changes: this.#changes.take(), ...(packs.length > 0 && { packs }) };
  }

  /** Make an agent; gives the reason if that is not possible. */
  #spawn([type, id, args, neighbours]: NewAgent): Error | null {
    try {
      const own = this.#kernel.copyFor(id, args, `spawn(${id})`) as unknown[];
      const record = this.#simulation.factory.create(classNamed(this.#module, type), id, own, neighbours);
      this.#kernel.next.addBirth({ id, create: () => record, parent: undefined, cause: undefined });
      this.#changes.made(record);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  #read(request: ReadRequest | undefined): ReportDetails {
    if (request !== undefined) this.#request = request;
    const columns: unknown[][] = [];
    let count = 0;
    try {
      for (const [agent, names] of this.#request) {
        const record = this.#living(agent);
        for (let n = columns.length; n < names.length; n++) columns.push(new Array(count).fill(null));
        for (const [n, column] of columns.entries()) {
          const name = names[n];
          column[count] = name === undefined ? null : readOutput(record, name, this.#copyOut);
        }
        count++;
      }
    } catch (error) {
      return { values: { count, columns }, error: error as Error };
    }
    return { values: { count, columns } };
  }

  #living(agent: string): AgentRecord {
    const record = this.#kernel.registry.get(agent);
    if (record !== undefined && record.state !== "removed") return record;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}"`, { agent, method: "outputs" });
  }

  async #close(): Promise<ReportDetails> {
    const failure = await stopAll(this.#kernel);
    await this.#simulation.peers.close();
    if (failure !== undefined) throw failure;
    return NOTHING;
  }

  #goTo(ticks: number, round: number): void {
    this.#kernel.moveTo(ticks);
    this.#kernel.round = round;
  }

  readonly #receive = (item: Item): void => {
    const kernel = this.#kernel;
    kernel.references.bindTo("birth" in item ? item.birth.id : item.delivery.to);
    if ("birth" in item) {
      const { id, parent, type, args, cause, neighbours } = item.birth;
      const create = () => this.#simulation.factory.create(classNamed(this.#module, type), id, args, neighbours);
      kernel.next.addBirth({ id, create, parent, cause });
    } else if (item.ticks === kernel.clock.ticks) kernel.next.add(item.delivery);
    else kernel.delay(item.ticks, item.delivery);
  };

  readonly #senderOf = (id: string): Sender => {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      sender = senderOf(id);
      this.#senders.set(id, sender);
    }
    return sender;
  };

  #observe(observed: boolean): void {
    if (observed === (this.#detach !== undefined)) return;
    if (observed) this.#detach = this.#kernel.tracer.attach((batch) => void this.#events.push(...batch));
    else {
      this.#detach?.();
      this.#detach = undefined;
    }
  }

  /** What has come of the order; what was sent is in one report only. */
  #report(details: ReportDetails): Report {
    const kernel = this.#kernel;
    kernel.tracer.flush();
    const { failures } = kernel;
    if (failures.length > 0) kernel.failures = [];
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    const report: Report = {
      busy: kernel.next.size > 0,
      due: kernel.due,
      round: kernel.round,
      sent: this.#outbound.take(),
      answers: this.#outbound.takeAnswers(),
      failures,
      events,
    };
    return details === NOTHING ? report : { ...report, ...details };
  }
}
