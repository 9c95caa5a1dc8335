import {
  eventStream,
  RunError,
  ScenarioError,
  type TraceEvent,
  type TraceSink,
  type TraceSource,
} from "../../src/index.ts";
import { type ConnectArgs, type Connection, parseConnections } from "./connection.ts";
import { type Entity, EntityGraph } from "./entity.ts";
import { listed, unsupported } from "./fault.ts";
import { checkMeta } from "./meta.ts";
import { createHandle, type ModelsOf, type SimulatorHandle } from "./model-factory.ts";
import { mosaikProxy } from "./mosaik-proxy.ts";
import {
  checkRun,
  makeSimulator,
  type RunOptions,
  resolutionOf,
  type SimConfig,
  type SimulatorOf,
  type StartParams,
  type WorldOptions,
} from "./options.ts";
import { runSteps } from "./scheduler.ts";
import { SimRunner } from "./sim-runner.ts";
import { rankSimulators } from "./step-order.ts";
import type { SimId, Time } from "./types.ts";

/**
 * An embedded master: starts simulators, connects their entities, and steps them, with mosaik's semantics.
 *
 * This version steps time-based simulators in this process. What else mosaik has is refused by name, never ignored.
 *
 * The world calls `finalize` of everything it started: in `shutdown`, or as soon as a run fails.
 *
 * Source: mosaik `World`.
 */
export class World<C extends SimConfig = SimConfig> implements TraceSource, AsyncDisposable {
  /** Seconds in one step. */
  readonly timeResolution: number;
  /** Ticks and steps of the run, as they are made: an RxJS stream that is hot and never completes. */
  readonly events$ = eventStream(this);
  readonly #config: C;
  /** In the order of starting; an entry is there before its `init` has answered. */
  readonly #sims = new Map<SimId, SimRunner>();
  readonly #ready = new Set<SimRunner>();
  readonly #counts = new Map<string, number>();
  readonly #graph = new EntityGraph();
  /** By where they end: source entity, destination entity and attribute. */
  readonly #connections = new Map<string, Connection>();
  readonly #sinks = new Set<TraceSink>();
  #phase: "open" | "running" | "over" = "open";
  #until: Time | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(simConfig: C, options: WorldOptions = {}) {
    if (typeof simConfig !== "object" || simConfig === null) throw new TypeError("simConfig must be an object");
    this.#config = simConfig;
    this.timeResolution = resolutionOf(options);
  }

  /**
   * Start the simulator that the configuration calls `name`.
   *
   * @returns Its handle: models to create entities of, its extra methods, `sid`, `meta`, `entity(eid)`.
   * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_SIMULATOR`, `ERR_SCENARIO_SIM_ID`, `ERR_SCENARIO_UNSUPPORTED`;
   *   `BridgeError` `ERR_BRIDGE_META`, or `ERR_BRIDGE_SIMULATOR_FAILED` if `init` throws.
   */
  start<N extends keyof C & string>(
    name: N,
    params?: StartParams,
  ): Promise<SimulatorHandle & ModelsOf<SimulatorOf<C, N>>>;
  /** The same, with models and extra methods as the caller declares them. */
  start<M extends object>(name: string, params?: StartParams): Promise<SimulatorHandle & M>;
  async start(name: string, params: StartParams = {}): Promise<SimulatorHandle> {
    this.#assertOpen(`starting ${name}`);
    const { simId, ...rest } = params;
    const simulator = makeSimulator(this.#config, name);
    const sim = new SimRunner(this.#claimId(name, simId), simulator, this.timeResolution);
    this.#sims.set(sim.sid, sim);
    try {
      simulator.mosaik = mosaikProxy(this.#graph, () => this.#progress());
      const meta = await sim.call("init", () =>
        simulator.init(sim.sid, { ...rest, timeResolution: this.timeResolution }),
      );
      sim.meta = checkMeta(sim.site("init"), meta);
      if (sim.meta.type !== "time-based") throw unsupported(`simulator ${sim.sid}: its type, ${sim.meta.type},`);
      const context = { graph: this.#graph, assertOpen: (doing: string) => this.#assertOpen(doing) };
      const handle = createHandle(sim, context);
      this.#ready.add(sim);
      return handle;
    } catch (error) {
      this.#sims.delete(sim.sid);
      throw error;
    }
  }

  /**
   * Let values flow from attributes of `src` to attributes of `dest`.
   *
   * @param args - Attributes, each a name or a pair `[source's, destination's]`, then perhaps {@link ConnectOptions}.
   * @throws `ScenarioError` that names entity and attribute and what is allowed; nothing has been connected.
   */
  connect(src: Entity, dest: Entity, ...args: ConnectArgs): void {
    const connections = parseConnections(src, dest, args);
    this.#assertOpen(`connecting ${src.fullId} to ${dest.fullId}`);
    const source = this.#runnerOf(src);
    const target = this.#runnerOf(dest);
    const added = new Map<string, Connection>();
    for (const connection of connections) {
      const end = JSON.stringify([src.fullId, dest.fullId, connection.destAttr]);
      const other = this.#connections.get(end) ?? added.get(end);
      if (other !== undefined) {
        const text = `${connection}: ${other.srcAttr} of the same entity is connected to this attribute already`;
        throw new ScenarioError("ERR_SCENARIO_DUPLICATE_CONNECTION", text);
      }
      added.set(end, connection);
    }
    for (const [end, connection] of added) {
      this.#connections.set(end, connection);
      target.connectFrom(source, connection);
    }
    this.#graph.relate(src.fullId, dest.fullId);
  }

  /** Not supported yet. */
  group(_build: (group: never) => unknown): never {
    throw unsupported("group");
  }

  /** Not supported yet. */
  setInitialEvent(_sid: SimId, _time: Time = 0): never {
    throw unsupported("setInitialEvent", "a time-based simulator makes its first step at 0");
  }

  /**
   * Run from 0 to `until`, once. Simulators stay alive until `shutdown`, so that their extra methods can be asked for
   * results; if the run fails all are finalised at once, and what `finalize` throws then is not reported.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_CYCLE`, before anything has stepped; `BridgeError` if a
   *   simulator fails or breaks the contract; `RunError` `ERR_RUN_ABORTED`, `ERR_RUN_REPEATED`, `ERR_RUN_CLOSED`.
   */
  async run(options: RunOptions): Promise<void> {
    const { until, signal, progress } = options;
    checkRun(options, this.timeResolution);
    this.#assertRunnable();
    const sims = [...this.#ready];
    rankSimulators(sims);
    this.#phase = "running";
    this.#until = until;
    try {
      for (const sim of sims) sim.prepare();
      await allDone(sims.map(async (sim) => sim.call("setupDone", (simulator) => simulator.setupDone())));
      const { timeResolution } = this;
      const onTime = (time: Time, next: Time) =>
        progress?.({ time, timeS: time * timeResolution, until, fraction: next / until });
      const emit = (batch: readonly TraceEvent[]) => this.#emit(batch);
      const observed = () => this.#sinks.size > 0;
      await runSteps({ sims, until, timeResolution, signal, onTime, observed, emit });
    } catch (error) {
      this.#phase = "over";
      await this.shutdown().catch(() => {});
      this.#shutdown = Promise.resolve();
      throw error;
    }
    this.#phase = "over";
  }

  /**
   * Finalise all simulators, in the order of starting; calling it again does nothing more.
   *
   * @throws `BridgeError` `ERR_BRIDGE_SIMULATOR_FAILED` for the first whose `finalize` throws, after all were
   *   finalised; `RunError` `ERR_RUN_BUSY` during a run: abort that by its signal.
   */
  shutdown(): Promise<void> {
    if (this.#phase === "running") {
      const text = "a run is under way; abort it by its signal and await it first";
      return Promise.reject(new RunError("ERR_RUN_BUSY", text));
    }
    this.#phase = "over";
    this.#shutdown ??= allDone(Array.from(this.#ready, async (sim) => sim.call("finalize", (s) => s.finalize())));
    return this.#shutdown;
  }

  /** `shutdown`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** @inheritDoc */
  attach(sink: TraceSink): () => void {
    const own: TraceSink = (batch) => sink(batch);
    this.#sinks.add(own);
    return () => {
      this.#sinks.delete(own);
    };
  }

  #emit(batch: readonly TraceEvent[]): void {
    for (const sink of this.#sinks) sink(batch);
  }

  /** Ids are given when `start` is called, not when it settles. */
  #claimId(name: string, simId: SimId | undefined): SimId {
    const count = this.#counts.get(name) ?? 0;
    const sid = simId ?? `${name}-${count}`;
    const refuse = (problem: string) => new ScenarioError("ERR_SCENARIO_SIM_ID", `simulator id "${sid}" ${problem}`);
    if (typeof sid !== "string" || sid === "" || sid.includes(".")) throw refuse("must be a name without a dot");
    if (this.#sims.has(sid)) throw refuse(`is taken; there are: ${listed(this.#sims.keys())}`);
    if (simId === undefined) this.#counts.set(name, count + 1);
    return sid;
  }

  #runnerOf(entity: Entity): SimRunner {
    const sim = this.#sims.get(entity.sid);
    if (sim?.entities.get(entity.eid) === entity) return sim;
    throw new ScenarioError("ERR_SCENARIO_UNKNOWN_ENTITY", `entity ${entity.fullId} belongs to another world`);
  }

  #assertOpen(doing: string): void {
    if (this.#phase === "open") return;
    throw new ScenarioError("ERR_SCENARIO_AFTER_RUN", `${doing}: the scenario cannot be changed once it runs`);
  }

  #assertRunnable(): void {
    if (this.#until !== undefined) throw new RunError("ERR_RUN_REPEATED", "a world runs once; make a new one");
    if (this.#phase !== "open") throw new RunError("ERR_RUN_CLOSED", "the world has been shut down");
    const waiting = [...this.#sims.values()].filter((sim) => !this.#ready.has(sim)).map((sim) => sim.sid);
    if (waiting.length === 0) return;
    throw new ScenarioError("ERR_SCENARIO_NOT_STARTED", `await the start of ${listed(waiting)} before running`);
  }

  /** Source: mosaik `scheduler.get_progress`. */
  #progress(): number {
    if (this.#until === undefined) return 0;
    let sum = 0;
    for (const sim of this.#ready) sum += Math.min(sim.nextTime, this.#until);
    return (sum / this.#ready.size / this.#until) * 100;
  }
}

/** Wait for all, then throw the first error in their order. */
async function allDone(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === "rejected") throw result.reason;
  }
}
