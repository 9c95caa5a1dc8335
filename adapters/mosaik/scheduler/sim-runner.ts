import type { EntityId, Meta, OutputData, OutputRequest, SimId, Simulator, Time } from "../../../src/cosim/index.ts";
import { type CallSite, callSimulator, checkNextStep, lossAfter, whenThere } from "../../../src/cosim/index.ts";
import { RemoteSimulator } from "../remote/remote-simulator.ts";
import { Stopwatch } from "../world/summary.ts";
import type { Connection } from "./connection.ts";
import type { Entity } from "./entity.ts";
import type { Ancestor, Guard } from "./guards.ts";
import { Inputs, type Wire, wireOf } from "./inputs.ts";
import { type Link, sameDelay } from "./link.ts";
import { ABSENT, OutputPorts, outputTime } from "./outputs.ts";
import { comparePositions } from "./position.ts";
import type { SimGroup } from "./sim-group.ts";
import type { StepOutcome } from "./step-outcome.ts";
import { arrival, compareTimes, type Duration, NEVER, type TieredTime } from "./tiers.ts";

const NO_VALUES: readonly unknown[] = Object.freeze([]);

/** One started simulator of a world: what it is connected to, and where in time it is. */
export class SimRunner {
  readonly sid: SimId;
  readonly simulator: Simulator;
  readonly group: SimGroup;
  readonly entities = new Map<EntityId, Entity>();
  readonly outputs = new OutputPorts();
  readonly inputs = new Inputs();
  /** In the order of the first connection of each. */
  readonly incoming: Link[] = [];
  readonly outgoing: Link[] = [];
  /** Set once `init` has answered. */
  meta!: Meta;

  /** See `rankSimulators`. */
  order = 0;
  ranks: number[] = [];
  /** See `setGuards`. */
  guards: readonly Guard[] = [];
  ancestors: readonly Ancestor[] = [];
  hasDescendants = false;

  /** See `Readiness`: may its next step begin, or whose step does it wait for, after how many guards? */
  isReady = false;
  waitsFor: SimRunner | undefined;
  guardsPassed = 0;
  readonly stopwatch = new Stopwatch();
  /** Those whose next step waits for a step of this one. */
  readonly waiters = new Set<SimRunner>();

  /** Times of the steps that are scheduled and not begun, ascending, each once. */
  readonly steps: TieredTime[] = [];
  /** Time of the step that is being made. */
  current: TieredTime | undefined;
  /** Time of the step that is being made or, if there is none, of the next one. */
  unfinished: TieredTime = NEVER;
  /** Time of the last step that was finished. */
  last: TieredTime | undefined;
  /** Finished steps that are not before all unfinished ones of others; kept if others are triggered by it. */
  readonly #past: TieredTime[] = [];
  readonly #timeResolution: number;
  #request: OutputRequest = {};
  #pushes: { readonly wire: Wire; readonly dest: SimRunner; readonly delay: Duration }[] = [];
  #triggers: { readonly ports: readonly number[]; readonly dest: SimRunner; readonly delay: Duration }[] = [];
  /** Steps by which the newest outputs may still be asked for after they were superseded; undefined: by nobody. */
  #pulledShift: number | undefined;

  constructor(sid: SimId, simulator: Simulator, group: SimGroup, timeResolution: number) {
    this.sid = sid;
    this.simulator = simulator;
    this.group = group;
    this.#timeResolution = timeResolution;
  }

  /** The link from `source` with this delay, made on first use. */
  linkFrom(source: SimRunner, delay: Duration): Link {
    let link = this.incoming.find((known) => known.source === source && sameDelay(known.delay, delay));
    if (link === undefined) {
      link = { source, dest: this, delay, connections: [], asyncRequests: false };
      this.incoming.push(link);
      source.outgoing.push(link);
    }
    return link;
  }

  /**
   * All connections are there: fix the way of each.
   *
   * @param cache - Are persistent outputs pulled when they are needed, or else pushed and remembered?
   */
  prepare(cache: boolean): void {
    let index = 0;
    for (const { source, delay, connections } of this.incoming) {
      for (const connection of connections) {
        const port = source.outputs.port(connection.src.eid, connection.srcAttr);
        const wire = wireOf(connection, port, index++);
        if (cache && connection.persistent) {
          this.inputs.pull(source.outputs, delay, wire);
          source.#pulledShift = Math.max(source.#pulledShift ?? 0, delay.tiers[0]!);
        } else {
          source.#pushes.push({ wire, dest: this, delay });
          this.#rememberFirst(wire, connection);
        }
      }
      const ports = connections.filter(({ triggers }) => triggers).map((connection) => portOf(source, connection));
      if (ports.length > 0) source.#triggers.push({ ports: [...new Set(ports)], dest: this, delay });
    }
  }

  #rememberFirst(wire: Wire, connection: Connection): void {
    if (connection.initial !== undefined) {
      this.inputs.remember(wire, connection.transformed(connection.initial, 0));
    } else if (connection.persistent) this.inputs.remember(wire, null);
  }

  /** Everything is prepared: fix what is asked for. */
  ready(): void {
    this.#request = this.outputs.request();
  }

  /**
   * Call the simulator; what it throws becomes a BridgeError.
   *
   * @param call - Name of the method.
   */
  call<T>(call: string, make: (simulator: Simulator) => T | PromiseLike<T>): T | PromiseLike<T> {
    return callSimulator(this.site(call), () => make(this.simulator));
  }

  site(call: string, time?: Time): CallSite {
    return { sid: this.sid, call, time, timeResolution: this.#timeResolution };
  }

  get isRemote(): boolean {
    return this.simulator instanceof RemoteSimulator;
  }

  /** Tell `lost` if it is remote, and is lost while nothing is asked of it. */
  watch(lost: (error: Error) => void): void {
    if (!(this.simulator instanceof RemoteSimulator)) return;
    this.simulator.watch((loss) => {
      // What was asked fails, and says what it was.
      if (this.current === undefined) lost(lossAfter(this.site("step", this.last?.[0]), loss));
    });
  }

  /** @returns Whether `time` was not scheduled yet. */
  schedule(time: TieredTime): boolean {
    const { steps } = this;
    let at = steps.length;
    while (at > 0) {
      const order = compareTimes(steps[at - 1]!, time);
      if (order === 0) return false;
      if (order < 0) break;
      at--;
    }
    steps.splice(at, 0, time);
    this.unfinished = this.current ?? steps[0]!;
    return true;
  }

  /** Time of its first step that is not before the step of `other` at `time`; what came before that is finished. */
  firstAfter(other: SimRunner, time: TieredTime): TieredTime {
    for (const past of this.#past) if (comparePositions(this, past, other, time) > 0) return past;
    return this.unfinished;
  }

  /**
   * Time up to which no other simulator can cause a step, unless an output of the step at `time` makes it do so. It is
   * the same whoever is quicker.
   *
   * Source: mosaik `scheduler.get_max_advance`, which forgets the steps that are being made.
   */
  maxAdvance(time: TieredTime, until: Time): Time {
    let first = until + 1;
    if (this.steps.length > 0) first = Math.min(first, this.steps[0]![0]);
    for (const { sim, ways } of this.ancestors) {
      const next = sim.firstAfter(this, time)[0];
      for (const { tiers } of ways) first = Math.min(first, next + tiers[0]!);
    }
    return first - 1;
  }

  /** Begin the first step that is scheduled. */
  begin(): TieredTime {
    const time = this.steps.shift()!;
    this.current = time;
    this.unfinished = time;
    return time;
  }

  /** Make the step that was begun; nothing of it can be seen by others before {@link finish}. */
  step(time: TieredTime, maxAdvance: Time): StepOutcome | PromiseLike<StepOutcome> {
    const inputs = this.inputs.take(time);
    const site = this.site("step", time[0]);
    const stepped = callSimulator(site, () => this.simulator.step(time[0], inputs, maxAdvance));
    return whenThere(stepped, (answer) => {
      const next = checkNextStep(site, this.meta.type, answer);
      if (this.outputs.size === 0) return { inputs, next, values: NO_VALUES, outputTime: time[0] };
      const dataSite = this.site("getData", time[0]);
      const got = callSimulator(dataSite, () => this.simulator.getData(this.#request));
      return whenThere(got, (data: OutputData) => {
        const values = this.outputs.read(dataSite, data, this.entities, this.meta.type === "time-based");
        return { inputs, next, values, outputTime: outputTime(dataSite, data, this.entities.has("time")) };
      });
    });
  }

  /**
   * Let others see the step that was begun.
   *
   * @param trigger - Called for every step that its outputs cause.
   */
  finish(outcome: StepOutcome, floor: Time, trigger: (dest: SimRunner, time: TieredTime) => void): void {
    const time = this.current!;
    this.current = undefined;
    this.last = time;
    this.unfinished = this.steps[0] ?? NEVER;
    if (this.hasDescendants) {
      while (this.#past.length > 0 && this.#past[0]![0] < floor) this.#past.shift();
      this.#past.push(time);
    }
    const { values } = outcome;
    if (values.length === 0) return;
    const holds = outcome.outputTime === time[0] ? time : this.group.at(outcome.outputTime);
    if (this.#pulledShift !== undefined) {
      this.outputs.push(holds, values);
      // Within a loop's time others may be at an earlier sub-step.
      this.outputs.prune(floor - this.#pulledShift - (this.group.depth > 1 ? 1 : 0));
    }
    for (const { wire, dest, delay } of this.#pushes) {
      const value = values[wire.port];
      if (value === ABSENT) continue;
      dest.inputs.push(wire, arrival(holds, delay), wire.connection.transformed(value, time[0]));
    }
    for (const { ports, dest, delay } of this.#triggers) {
      if (ports.some((port) => values[port] !== ABSENT)) trigger(dest, arrival(holds, delay));
    }
  }
}

function portOf(source: SimRunner, { src, srcAttr }: Connection): number {
  return source.outputs.port(src.eid, srcAttr);
}
