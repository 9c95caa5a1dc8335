import type { Attr, SimId, Time } from "../../../src/cosim/index.ts";
import { listed, unknownSimulator } from "../../../src/cosim/index.ts";
import { eventStream, RunError, ScenarioError, type TraceSink, type TraceSource } from "../../../src/index.ts";
import { compile } from "../scheduler/compile.ts";
import type { ConnectArgs } from "../scheduler/connection.ts";
import { type Entity, EntityGraph } from "../scheduler/entity.ts";
import { Pace } from "../scheduler/pace.ts";
import { Patience } from "../scheduler/patience.ts";
import { meanProgress } from "../scheduler/progress.ts";
import { Run } from "../scheduler/run.ts";
import { SimGroup } from "../scheduler/sim-group.ts";
import type { SimRunner } from "../scheduler/sim-runner.ts";
import { allDone } from "./all-done.ts";
import { mermaid } from "./graph.ts";
import type { ModelsOf, SimulatorHandle } from "./model-factory.ts";
import { eventError } from "./mosaik-proxy.ts";
import { Observers } from "./observers.ts";
import {
  checkRun,
  checkWorld,
  type RunOptions,
  type StartParams,
  type WorldOptions,
  type WorldSettings,
} from "./options.ts";
import { readEntities } from "./reading.ts";
import type { SimConfig, SimulatorOf } from "./sim-config.ts";
import { type SimulatorStarter, Starter } from "./starting.ts";
import { type RunSummary, summarize, WallTime } from "./summary.ts";
import { Wiring } from "./wiring.ts";

/**
 * An embedded master: starts simulators, connects their entities, and steps them, with mosaik's semantics.
 *
 * The world calls `finalize` of everything it started: in `shutdown`, or as soon as a run fails.
 *
 * Source: mosaik `World`.
 */
export class World<C extends SimConfig = SimConfig> implements SimulatorStarter<C>, TraceSource, AsyncDisposable {
  /** Seconds in one step. */
  readonly timeResolution: number;
  /** Ticks and steps of the run, as they are made: an RxJS stream that is hot and never completes. */
  readonly events$ = eventStream(this);
  readonly #settings: WorldSettings;
  readonly #sims = new Map<SimId, SimRunner>();
  readonly #ready = new Set<SimRunner>();
  readonly #graph = new EntityGraph();
  readonly #wiring = new Wiring(this.#graph, (entity) => this.#runnerOf(entity));
  readonly #starter: Starter;
  readonly #top = new SimGroup();
  readonly #observers = new Observers();
  #phase: "open" | "running" | "over" = "open";
  #until: Time | undefined;
  #run: Run | undefined;
  readonly #wall = new WallTime();
  #paused = false;
  #shutdown: Promise<void> | undefined;

  constructor(simConfig: C, options: WorldOptions = {}) {
    if (typeof simConfig !== "object" || simConfig === null) throw new TypeError("simConfig must be an object");
    this.#settings = checkWorld(options);
    this.timeResolution = this.#settings.timeResolution;
    this.#starter = new Starter({
      config: simConfig,
      settings: this.#settings,
      graph: this.#graph,
      sims: this.#sims,
      ready: this.#ready,
      assertOpen: (doing) => this.#assertOpen(doing),
      progress: () => meanProgress(this.#ready, this.#until),
      addEvent: (sim, time) => this.#addEvent(sim, time),
    });
  }

  start<N extends keyof C & string>(
    name: N,
    params?: StartParams,
  ): Promise<SimulatorHandle & ModelsOf<SimulatorOf<C, N>>>;
  start<M extends object>(name: string, params?: StartParams): Promise<SimulatorHandle & M>;
  start(name: string, params: StartParams = {}): Promise<SimulatorHandle> {
    return this.#starter.start(this.#top, name, params);
  }

  group<T>(build: (group: SimulatorStarter<C>) => T | Promise<T>): Promise<T> {
    return this.#group(this.#top, build);
  }

  async #group<T>(parent: SimGroup, build: (group: SimulatorStarter<C>) => T | Promise<T>): Promise<T> {
    this.#assertOpen("making a group");
    const group = new SimGroup(parent);
    return build({
      start: (name: string, params: StartParams = {}) => this.#starter.start(group, name, params),
      group: (inner) => this.#group(group, inner),
    } as SimulatorStarter<C>);
  }

  /**
   * Let values flow from attributes of `src` to attributes of `dest`.
   *
   * @param args - Attributes, each a name or a pair `[source's, destination's]`, then perhaps {@link ConnectOptions}.
   * @throws `ScenarioError` that names entity and attribute and what is allowed; nothing has been connected.
   */
  connect(src: Entity, dest: Entity, ...args: ConnectArgs): void {
    this.#assertOpen("connecting entities");
    this.#wiring.connect(src, dest, args);
  }

  /**
   * Let the first step of simulator `sid` be at `time`, instead of at 0 or, if it is event-based, when something
   * causes it.
   *
   * @param time - In steps, an integer >= 0.
   * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_SIMULATOR` if it was not started.
   */
  setInitialEvent(sid: SimId, time: Time = 0): void {
    this.#assertOpen(`setting an initial event of ${sid}`);
    if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`time must be an integer >= 0, got ${time}`);
    const sim = this.#sims.get(sid);
    if (sim === undefined || !this.#ready.has(sim)) throw unknownSimulator(sid, this.#sims.keys());
    sim.steps.length = 0;
    sim.schedule(sim.group.at(time));
  }

  /**
   * Present values of `attrs` of each of `entities`; not during a run.
   *
   * @throws `RunError` `ERR_RUN_BUSY` during a run; `BridgeError` if a simulator fails, or leaves an entity out.
   */
  async getData(entities: Iterable<Entity>, ...attrs: Attr[]): Promise<Map<Entity, Record<Attr, unknown>>> {
    if (this.#phase === "running") throw new RunError("ERR_RUN_BUSY", "getData: a run is under way");
    return readEntities(entities, attrs, (entity) => this.#runnerOf(entity));
  }

  /**
   * Run from 0 to `until`, once. Simulators stay alive until `shutdown`, so that their extra methods can be asked for
   * results; if the run fails all are finalised at once, and what `finalize` throws then is not reported.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_CYCLE`, before anything has stepped; `BridgeError` if a simulator fails or
   *   breaks the contract; `RunError` `ERR_RUN_ABORTED`, `ERR_RUN_LOOP`, `ERR_RUN_TOO_SLOW`, `ERR_RUN_REPEATED`,
   *   `ERR_RUN_CLOSED`.
   */
  async run(options: RunOptions): Promise<void> {
    const { until, signal, progress, rtFactor, rtStrict = false, lazyStepping = true } = options;
    checkRun(options, this.timeResolution);
    this.#assertRunnable();
    const sims = [...this.#ready];
    compile(sims, { cache: this.#settings.cache, lazy: lazyStepping });
    this.#phase = "running";
    this.#until = until;
    this.#wall.start();
    try {
      await allDone(sims.map(async (sim) => sim.call("setupDone", (simulator) => simulator.setupDone())));
      this.#run = new Run({
        ...{ sims, until, signal, timeResolution: this.timeResolution },
        maxLoopIterations: this.#settings.maxLoopIterations,
        patience: new Patience(this.#settings),
        pace: rtFactor === undefined ? undefined : new Pace(rtFactor * this.timeResolution * 1000, rtStrict),
        onTime: (time, next) => progress?.({ time, timeS: time * this.timeResolution, until, fraction: next / until }),
        observed: () => this.#observers.isObserved,
        emit: (batch) => this.#observers.emit(batch),
      });
      if (this.#paused) this.#run.pause();
      await this.#run.make();
    } catch (error) {
      this.#phase = "over";
      await this.shutdown().catch(() => {});
      this.#shutdown = Promise.resolve();
      throw error;
    } finally {
      this.#wall.end();
    }
    this.#phase = "over";
  }

  /** Let no step begin until `resume`; those being made go on. Wall time stands still for a run in real time. */
  pause(): void {
    this.#paused = true;
    this.#run?.pause();
  }

  /** End a {@link pause}. */
  resume(): void {
    this.#paused = false;
    this.#run?.resume();
  }

  /** What the run has taken so far, in wall time: who was busy, and who waited for whom. */
  summary(): RunSummary {
    return summarize(this.#ready, this.#wall.ms);
  }

  /** The scenario as a Mermaid flow chart: its simulators and groups, and what flows between them. */
  mermaid(): string {
    return mermaid([...this.#ready]);
  }

  /**
   * Finalise all simulators, in the order of starting, once.
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
    // A remote simulator that is still starting has to go, too.
    const started = [...this.#sims.values()].filter((sim) => this.#ready.has(sim) || sim.isRemote);
    this.#shutdown ??= allDone(started.map(async (sim) => sim.call("finalize", (s) => s.finalize())));
    return this.#shutdown;
  }

  /** `shutdown`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** @inheritDoc */
  attach(sink: TraceSink): () => void {
    return this.#observers.attach(sink);
  }

  #addEvent(sim: SimRunner, time: Time): void {
    if (!Number.isSafeInteger(time)) throw eventError(sim, time, "the time must be an integer");
    const taken = this.#run?.addEvent(sim, time);
    if (taken === undefined) throw eventError(sim, time, "only a run in real time takes events");
    if (!taken) throw eventError(sim, time, "that time, or a later one, has been stepped");
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
}
