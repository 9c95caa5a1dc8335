import type {
  Attr,
  PageOptions,
  RunPage,
  SimId,
  Time,
  Topology,
  TraceSink,
  TraceSource,
} from "../../../src/cosim/index.ts";
import {
  checkArgument,
  eventStream,
  func,
  listed,
  object,
  openPage,
  RunError,
  ScenarioError,
  Sinks,
  unknownSimulator,
} from "../../../src/cosim/index.ts";
import type { ConnectArgs } from "../scheduler/connection.ts";
import { Cursor } from "../scheduler/cursor.ts";
import { Deadlines } from "../scheduler/deadlines.ts";
import { type Entity, EntityGraph } from "../scheduler/entity.ts";
import { Pace } from "../scheduler/pace.ts";
import { makePlan } from "../scheduler/plan.ts";
import { meanProgress } from "../scheduler/report.ts";
import { Run } from "../scheduler/run.ts";
import type { SimNode } from "../scheduler/sim-node.ts";
import { SimGroup } from "../scheduler/tiered-time.ts";
import type { SimConfig, SimulatorOf } from "./config.ts";
import { mermaid } from "./graph.ts";
import type { ModelsOf, SimulatorHandle } from "./handle.ts";
import {
  checkRun,
  checkTime,
  checkWorld,
  type RunOptions,
  type StartParams,
  type WorldOptions,
  type WorldSettings,
} from "./options.ts";
import { allDone, checkEntities, readEntities } from "./reading.ts";
import { eventError } from "./requests.ts";
import { type SimulatorStarter, Starter } from "./starter.ts";
import { type RunSummary, summarize, WallTime } from "./summary.ts";
import { worldTopology } from "./topology.ts";
import { Wiring } from "./wiring.ts";

/** The runs of a world: where its simulators are, and up to where they have been stepped. */
interface Stepping {
  readonly cursors: ReadonlyMap<SimNode, Cursor>;
  readonly overlaps: boolean;
  readonly lazy: boolean;
  /** End of the present run, or of the last. */
  until: Time;
}

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
  /** Ticks and steps of the run, as they are made: an RxJS stream that is hot and completes with the shutdown. */
  readonly events$ = eventStream(this);
  readonly #settings: WorldSettings;
  readonly #sims = new Map<SimId, SimNode>();
  readonly #ready = new Set<SimNode>();
  readonly #graph = new EntityGraph();
  readonly #wiring = new Wiring(this.#graph, (entity) => this.#nodeOf(entity));
  readonly #starter: Starter;
  readonly #top = new SimGroup();
  readonly #sinks = new Sinks();
  #phase: "open" | "running" | "between runs" | "over" = "open";
  /** Undefined before the first run. */
  #stepping: Stepping | undefined;
  #run: Run | undefined;
  readonly #wall = new WallTime();
  /** What {@link pause} or {@link pauseAt} has asked for. */
  #pause: { readonly time: Time; readonly reached: () => void } | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(simConfig: C, options: WorldOptions = {}) {
    checkArgument("World", "simConfig", simConfig, object);
    this.#settings = checkWorld(options);
    this.timeResolution = this.#settings.timeResolution;
    this.#starter = new Starter({
      config: simConfig,
      settings: this.#settings,
      graph: this.#graph,
      sims: this.#sims,
      ready: this.#ready,
      assertOpen: (doing) => this.#assertOpen(doing),
      cursorOf: (sim) => this.#stepping?.cursors.get(sim),
      progress: () =>
        this.#stepping === undefined ? 0 : meanProgress(this.#stepping.cursors.values(), this.#stepping.until),
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
    checkArgument("group", "build", build, func);
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
    checkTime("setInitialEvent", time);
    const sim = this.#sims.get(sid);
    if (sim === undefined || !this.#ready.has(sim)) throw unknownSimulator(sid, this.#sims.keys());
    sim.firstStep = time;
  }

  /**
   * Present values of `attrs` of each of `entities`; not during a run.
   *
   * @throws `RunError` `ERR_RUN_BUSY` during a run; `BridgeError` if a simulator fails, or leaves an entity out.
   */
  async getData(entities: Iterable<Entity>, ...attrs: Attr[]): Promise<Map<Entity, Record<Attr, unknown>>> {
    if (this.#phase === "running") throw new RunError("ERR_RUN_BUSY", "getData: a run is under way");
    return readEntities(checkEntities(entities), attrs, (entity) => this.#nodeOf(entity));
  }

  /**
   * Run from 0, or from where the run before has ended, to `until`. Simulators stay alive until `shutdown`, so that their
   * extra methods can be asked for results; if the run fails all are finalised at once, and what `finalize` throws then is
   * not reported.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_CYCLE`, before anything has stepped; `BridgeError` if a simulator fails or
   *   breaks the contract; `RunError` `ERR_RUN_ABORTED`, `ERR_RUN_LOOP`, `ERR_RUN_TOO_SLOW`, `ERR_RUN_REPEATED` after a
   *   run that failed or a shutdown, `ERR_RUN_CLOSED`, `ERR_RUN_BUSY`; RangeError if `until` is not after the run before.
   */
  async run(options: RunOptions): Promise<void> {
    const {
      signal,
      progress,
      rtFactor,
      rtStrict = false,
      lazyStepping = true,
    } = checkRun(options, this.timeResolution);
    this.#assertRunnable();
    const { until } = options;
    const from = this.#stepping?.until ?? 0;
    if (until <= from) throw new RangeError(`run: until must be after ${from}, where the last run ended; got ${until}`);
    const isFirst = this.#stepping === undefined;
    const stepping = this.#stepping ?? this.#plan(lazyStepping);
    this.#stepping = stepping;
    if (stepping.lazy !== lazyStepping) throw new TypeError("run: lazyStepping is fixed by a world's first run");
    stepping.until = until;
    this.#phase = "running";
    this.#wall.start();
    try {
      const run = new Run({
        ...{
          cursors: stepping.cursors,
          overlaps: stepping.overlaps,
          from,
          until,
          signal,
          timeResolution: this.timeResolution,
        },
        maxLoopIterations: this.#settings.maxLoopIterations,
        deadlines: new Deadlines(this.#settings),
        pace: rtFactor === undefined ? undefined : new Pace(rtFactor * this.timeResolution * 1000, rtStrict),
        onTime: (time, next) => progress?.({ time, timeS: time * this.timeResolution, until, fraction: next / until }),
        onPause: () => this.#pause?.reached(),
        observed: () => this.#sinks.size > 0,
        emit: (batch) => this.#sinks.give(batch),
      });
      if (isFirst) {
        const sims = [...stepping.cursors.keys()];
        await allDone(sims.map(async (sim) => sim.call("setupDone", (simulator) => simulator.setupDone())));
      }
      this.#run = run;
      if (this.#pause !== undefined) run.pause(this.#pause.time);
      await run.make();
    } catch (error) {
      this.#phase = "over";
      await this.shutdown().catch(() => {});
      this.#shutdown = Promise.resolve();
      throw error;
    } finally {
      this.#wall.end();
      this.#pause?.reached();
    }
    this.#phase = "between runs";
  }

  #plan(lazy: boolean): Stepping {
    const plan = makePlan([...this.#ready], { cache: this.#settings.cache, lazy });
    for (const { incoming, remote } of this.#ready) {
      for (const { source } of incoming) {
        if (remote === undefined || source.remote === undefined) continue;
        remote.keepFloats();
        source.remote.keepFloats();
      }
    }
    return { cursors: Cursor.startOf(plan), overlaps: plan.overlaps, lazy, until: 0 };
  }

  /**
   * Make all steps up to `time`, those at it included: a way to step the world from outside, by a button, a test, or what
   * learns to control it. Between two calls simulators can be asked for data and by their extra methods.
   *
   * @param time - In steps, an integer >= 0; one that was reached before makes no step.
   * @param options - As those of {@link run}.
   * @returns Time of the next step that is scheduled so far; undefined if there is none.
   * @throws As `run`.
   */
  async advance(time: Time, options: Omit<RunOptions, "until"> = {}): Promise<Time | undefined> {
    checkTime("advance", time);
    if (this.#stepping === undefined || time >= this.#stepping.until) await this.run({ ...options, until: time + 1 });
    else this.#assertRunnable();
    const times = Array.from(
      this.#stepping!.cursors.values(),
      ({ postponed }) => postponed ?? Number.POSITIVE_INFINITY,
    );
    const next = times.reduce((first, other) => Math.min(first, other), Number.POSITIVE_INFINITY);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** Let no step begin until `resume`; those being made go on. Wall time stands still for a run in real time. */
  pause(): void {
    this.#setPause(0, () => {});
  }

  /**
   * Let no step at or after `time` begin until `resume`, in the present run or the next.
   *
   * @returns Settles when all steps before `time` are made, or the run is over.
   */
  pauseAt(time: Time): Promise<void> {
    checkTime("pauseAt", time);
    return new Promise((reached) => this.#setPause(time, reached));
  }

  #setPause(time: Time, reached: () => void): void {
    this.#pause?.reached();
    this.#pause = { time, reached };
    this.#run?.pause(time);
  }

  /** End a {@link pause}. */
  resume(): void {
    this.#pause?.reached();
    this.#pause = undefined;
    this.#run?.resume();
  }

  /** What the runs have taken so far, in wall time: who was busy, and who waited for whom. It can be written as JSON. */
  summary(): RunSummary {
    return summarize(this.#ready, (sim) => this.#stepping?.cursors.get(sim)?.stopwatch, this.#wall.ms);
  }

  /** The simulators and what flows between them, as a page draws them. */
  topology(): Topology {
    return worldTopology([...this.#ready]);
  }

  /** Show the run on a page, and let the page hold it; see `PageOptions`. Throws as `openPage`. */
  watch(options: PageOptions = {}): Promise<RunPage> {
    return openPage(this, options);
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
    const started = [...this.#sims.values()].filter((sim) => this.#ready.has(sim) || sim.remote !== undefined);
    this.#shutdown ??= allDone(started.map(async (sim) => sim.call("finalize", (s) => s.finalize()))).finally(() =>
      this.#sinks.end(),
    );
    return this.#shutdown;
  }

  /** `shutdown`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** @inheritDoc */
  attach(sink: TraceSink, ended?: () => void): () => void {
    checkArgument("attach", "sink", sink, func);
    return this.#sinks.attach((batch) => sink(batch), ended);
  }

  #addEvent(sim: SimNode, time: Time): void {
    if (!Number.isSafeInteger(time)) throw eventError(sim, time, "the time must be an integer");
    const taken = this.#run?.addEvent(sim, time);
    if (taken === undefined) throw eventError(sim, time, "only a run in real time takes events");
    if (!taken) throw eventError(sim, time, "that time, or a later one, has been stepped");
  }

  #nodeOf(entity: Entity): SimNode {
    const sim = this.#sims.get(entity.sid);
    if (sim?.entities.get(entity.eid) === entity) return sim;
    throw new ScenarioError("ERR_SCENARIO_UNKNOWN_ENTITY", `entity ${entity.fullId} belongs to another world`);
  }

  #assertOpen(doing: string): void {
    if (this.#phase === "open") return;
    throw new ScenarioError("ERR_SCENARIO_AFTER_RUN", `${doing}: the scenario cannot be changed once it runs`);
  }

  #assertRunnable(): void {
    if (this.#phase === "running") throw new RunError("ERR_RUN_BUSY", "a run is under way; await it first");
    if (this.#phase === "over") {
      if (this.#stepping === undefined) throw new RunError("ERR_RUN_CLOSED", "the world has been shut down");
      const text = "the world has failed or was shut down, it cannot be run again; make a new one";
      throw new RunError("ERR_RUN_REPEATED", text);
    }
    const waiting = [...this.#sims.values()].filter((sim) => !this.#ready.has(sim)).map((sim) => sim.sid);
    if (waiting.length === 0) return;
    throw new ScenarioError("ERR_SCENARIO_NOT_STARTED", `await the start of ${listed(waiting)} before running`);
  }
}
