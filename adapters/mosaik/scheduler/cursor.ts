import type { InputData, OutputData, Simulator, Time } from "../../../src/cosim/index.ts";
import {
  AgentSimulator,
  type CallSite,
  callFailure,
  callSimulator,
  checkNextStep,
  isPromise,
  lossAfter,
  PlacedInputs,
  PlacedOutputs,
  takesPlaces,
  whenThere,
} from "../../../src/cosim/index.ts";
import type { Guard } from "./guards.ts";
import { Inputs } from "./inputs.ts";
import { ABSENT, OutputPorts, outputTime } from "./outputs.ts";
import type { NodePlan, Plan, Push, Trigger } from "./plan.ts";
import type { RemoteEnd, SimNode } from "./sim-node.ts";
import { Stopwatch } from "./stopwatch.ts";
import { arrival, comparePositions, compareTimes, type Duration, NEVER, type TieredTime } from "./tiered-time.ts";

const NO_VALUES: readonly unknown[] = Object.freeze([]);

/** What a step brought. */
export interface StepOutcome {
  readonly inputs: PlacedInputs | InputData;
  /** Time of the next step, if it named one. */
  readonly next: Time | null;
  /** Values of the output ports, if somebody is connected. */
  readonly values: readonly unknown[];
  /** The same as Python has them; undefined if there is no difference. */
  readonly exact: readonly unknown[] | undefined;
  /** When they hold. */
  readonly outputTime: Time;
}

/** Is told how a step went that was not over at once; neither may throw. */
export interface StepTold {
  made(cursor: Cursor, outcome: StepOutcome): void;
  failed(cursor: Cursor, time: TieredTime, error: unknown): void;
}

/** A guard, and where in time the simulator is that it looks at. */
interface PlacedGuard {
  readonly on: Cursor;
  readonly guard: Guard;
}

/** What a step of a simulator may begin by, kept by `Readiness` alone. */
export interface Readying {
  /** May its next step begin? */
  isReady: boolean;
  /** Whose step it waits for, and after how many guards. */
  waitsFor: Cursor | undefined;
  guardsPassed: number;
  /** Those whose next step waits for a step of this one. */
  readonly waiters: Set<Cursor>;
}

/** Where in time one simulator is: what it has made, makes, and is to make; a run alone moves it. */
export class Cursor {
  readonly node: SimNode;
  readonly plan: NodePlan;
  readonly inputs = new Inputs();
  readonly outputs: OutputPorts;
  readonly stopwatch = new Stopwatch();
  readonly readying: Readying = { isReady: false, waitsFor: undefined, guardsPassed: 0, waiters: new Set() };
  /** Times of the steps that are scheduled and not begun, ascending, each once. */
  readonly steps: TieredTime[] = [];
  /** Time of the step that is being made. */
  current: TieredTime | undefined;
  /** Time of the step that is being made or, if there is none, of the next one. */
  unfinished: TieredTime = NEVER;
  /** Time of the last step that was finished. */
  last: TieredTime | undefined;
  guards: readonly PlacedGuard[] = [];
  /** Those of the plan's ancestors, with where they are. */
  ancestors: readonly { readonly sim: Cursor; readonly ways: readonly Duration[] }[] = [];
  /** Steps at or after the end of the run, which a later run may make. */
  #postponed: TieredTime[] = [];
  #pushes: readonly (Omit<Push, "dest"> & { readonly dest: Cursor })[] = [];
  #triggers: readonly (Omit<Trigger, "dest"> & { readonly dest: Cursor })[] = [];
  /** Finished steps that are not before all unfinished ones of others; kept if others are triggered by it. */
  readonly #past: TieredTime[] = [];

  private constructor(plan: NodePlan) {
    this.plan = plan;
    this.node = plan.node;
    this.outputs = new OutputPorts(plan.ports);
    if (plan.node.firstStep !== undefined) this.#postponed.push(plan.node.group.at(plan.node.firstStep));
  }

  /** All simulators before their first step, in the order of the plan. */
  static startOf(plan: Plan): ReadonlyMap<SimNode, Cursor> {
    const cursors = new Map(Array.from(plan.nodes, ([node, own]) => [node, new Cursor(own)]));
    for (const cursor of cursors.values()) cursor.#link((node) => cursors.get(node)!);
    return cursors;
  }

  #link(cursorOf: (node: SimNode) => Cursor): void {
    const { guards, ancestors, pulls, remembered, pushes, triggers } = this.plan;
    this.guards = guards.map((guard) => ({ guard, on: cursorOf(guard.on) }));
    this.ancestors = ancestors.map(({ sim, ways }) => ({ sim: cursorOf(sim), ways }));
    this.#pushes = pushes.map((push) => ({ ...push, dest: cursorOf(push.dest) }));
    this.#triggers = triggers.map((trigger) => ({ ...trigger, dest: cursorOf(trigger.dest) }));
    for (const { source, delay, wire } of pulls) this.inputs.pull(cursorOf(source).outputs, delay, wire);
    for (const wire of remembered) {
      const { connection } = wire;
      const { initial } = connection;
      this.inputs.remember(wire, initial === undefined ? null : connection.transformed(initial, 0));
    }
  }

  /** A run until `until` begins: schedule what earlier ones left for it. */
  resume(until: Time): void {
    const postponed = this.#postponed;
    this.#postponed = [];
    for (const time of postponed) {
      if (time[0] < until) this.schedule(time);
      else this.#postponed.push(time);
    }
  }

  /** Leave a step to a later run. */
  postpone(time: TieredTime): void {
    this.#postponed.push(time);
  }

  /** Time of the first step that is left to a later run. */
  get postponed(): Time | undefined {
    return this.#postponed.reduce<Time | undefined>((first, [time]) => Math.min(first ?? time, time), undefined);
  }

  /** Tell `lost` if it is remote, and is lost while nothing is asked of it. */
  watch(lost: (error: Error) => void): void {
    this.node.remote?.watch((loss) => {
      // What was asked fails, and says what it was.
      if (this.current === undefined) lost(lossAfter(this.node.site("step", this.last?.[0]), loss));
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
  firstAfter(other: Cursor, time: TieredTime): TieredTime {
    for (const past of this.#past) if (comparePositions(this.plan, past, other.plan, time) > 0) return past;
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

  /**
   * Make the step that was begun; nothing of it can be seen by others before {@link finish}.
   *
   * @param told - Is told if the step is not over when this returns.
   * @returns What it brought; undefined if it goes on.
   */
  step(time: TieredTime, maxAdvance: Time, told: StepTold): StepOutcome | undefined {
    const { node } = this;
    const taken = this.inputs.take(time);
    if (node.remote !== undefined) {
      this.#stepRemote(node.remote, time, taken, maxAdvance, told);
      return undefined;
    }
    const { simulator } = node;
    const site = node.site("step", time[0]);
    let inputs = taken;
    let stepped: ReturnType<Simulator["step"]> | PromiseLike<Time | null>;
    if (taken instanceof PlacedInputs && takesPlaces(simulator)) {
      stepped = callSimulator(site, () => simulator.stepPlaced(time[0], taken));
    } else {
      const data = taken instanceof PlacedInputs ? taken.toData() : taken;
      inputs = data;
      stepped = callSimulator(site, () => simulator.step(time[0], data, maxAdvance));
    }
    const made = whenThere(stepped, (answer) => {
      const next = checkNextStep(site, node.meta.type, answer);
      return this.outputs.size === 0 ? outcomeWithout(time[0], inputs, next) : this.#getData(time[0], inputs, next);
    });
    if (!isPromise(made)) return made as StepOutcome;
    made.then(
      (outcome) => told.made(this, outcome as StepOutcome),
      (error: unknown) => told.failed(this, time, error),
    );
    return undefined;
  }

  #getData(time: Time, inputs: StepOutcome["inputs"], next: Time | null): StepOutcome | PromiseLike<StepOutcome> {
    const { simulator } = this.node;
    const { ports, request } = this.plan;
    const site = this.node.site("getData", time);
    if (simulator instanceof AgentSimulator) {
      const given = callSimulator(site, () => simulator.getValues(request)) as unknown[] | undefined;
      if (given !== undefined)
        return { inputs, next, values: ports.inOrder(given), exact: undefined, outputTime: time };
    }
    const got = callSimulator(site, () => simulator.getData(request));
    return whenThere(got, (data: OutputData) => this.#outcome(site, data, inputs, next));
  }

  /**
   * As in process, without a promise. Between two messages of a connection other processes have had the processor, and
   * little of this is warm: whatever a step does not run at all counts.
   */
  #stepRemote(
    remote: RemoteEnd,
    time: TieredTime,
    inputs: PlacedInputs | InputData,
    maxAdvance: Time,
    told: StepTold,
  ): void {
    const { node, plan } = this;
    const fail = (call: string, error: unknown) =>
      told.failed(this, time, callFailure(node.site(call, time[0]), error));
    const stepped = (answer: Time | null) => {
      let next: Time | null;
      try {
        next = checkNextStep(node.site("step", time[0]), node.meta.type, answer);
      } catch (error) {
        told.failed(this, time, error);
        return;
      }
      if (this.outputs.size === 0) told.made(this, outcomeWithout(time[0], inputs, next));
      else
        remote.askData(
          plan.request,
          (data) => got(data, next),
          (error) => fail("getData", error),
        );
    };
    const got = (data: OutputData | PlacedOutputs, next: Time | null) => {
      let outcome: StepOutcome;
      try {
        outcome =
          data instanceof PlacedOutputs
            ? { inputs, next, values: data.values, exact: data.exact, outputTime: time[0] }
            : this.#outcome(node.site("getData", time[0]), data, inputs, next);
      } catch (error) {
        told.failed(this, time, error);
        return;
      }
      told.made(this, outcome);
    };
    remote.askStep(time[0], inputs, maxAdvance, stepped, (error) => fail("step", error));
  }

  #outcome(site: CallSite, data: OutputData, inputs: StepOutcome["inputs"], next: Time | null): StepOutcome {
    const { entities, meta, remote } = this.node;
    const { ports } = this.plan;
    const values = ports.read(site, data, entities, meta.type === "time-based");
    const exactData = remote === undefined ? undefined : remote.exact(data);
    const exact = exactData === undefined ? undefined : ports.pick(exactData);
    remote?.learn(ports.picking);
    return { inputs, next, values, exact, outputTime: outputTime(site, data, entities.has("time")) };
  }

  /**
   * Let others see the step that was begun.
   *
   * @param floor - No step before it is unfinished.
   * @param trigger - Called for every step that its outputs cause.
   */
  finish(
    { values, exact = values, outputTime }: StepOutcome,
    floor: Time,
    trigger: (dest: Cursor, time: TieredTime) => void,
  ): void {
    const time = this.current!;
    const { hasDescendants, pulledShift, node } = this.plan;
    this.current = undefined;
    this.last = time;
    this.unfinished = this.steps[0] ?? NEVER;
    if (hasDescendants) {
      while (this.#past.length > 0 && this.#past[0]![0] < floor) this.#past.shift();
      this.#past.push(time);
    }
    if (values.length === 0) return;
    const holds = outputTime === time[0] ? time : node.group.at(outputTime);
    if (pulledShift !== undefined) {
      this.outputs.push(holds, values, exact);
      // Within a loop's time others may be at an earlier sub-step.
      this.outputs.prune(floor - pulledShift - (node.group.depth > 1 ? 1 : 0));
    }
    for (const { wire, dest, delay } of this.#pushes) {
      const value = (wire.isExact ? exact : values)[wire.port];
      if (value === ABSENT) continue;
      dest.inputs.push(wire, arrival(holds, delay), wire.connection.transformed(value, time[0]));
    }
    for (const { ports, dest, delay } of this.#triggers) {
      if (ports.some((port) => values[port] !== ABSENT)) trigger(dest, arrival(holds, delay));
    }
  }
}

/** What a step brought whose outputs nobody is connected to. */
function outcomeWithout(outputTime: Time, inputs: StepOutcome["inputs"], next: Time | null): StepOutcome {
  return { inputs, next, values: NO_VALUES, exact: undefined, outputTime };
}
