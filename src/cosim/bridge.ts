import { BridgeError } from "../errors.ts";
import type { Population } from "./population.ts";

/** By how much a unit may differ from whole ticks: what is left of rounding in the product of two doubles. */
const UNIT_ERROR_TICKS_MAX = 1e-4;

/** What a bridge drives. */
type Driven = Pick<Population, "inputs" | "advance">;

/** One input of a step. */
export interface BridgeInput {
  readonly agent: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** As `AgentInput.ownNodes`. @internal */
  readonly ownNodes?: number;
}

/** How a simulator's integer steps map to simulation time. */
export interface BridgeOptions {
  /** Seconds of one unit of the simulator's time: mosaik's `time_resolution`. */
  unitS: number;
  /** Ticks in a second of the population's clock; a unit must be a whole number of ticks. */
  ticksPerSecond: number;
  /** Units from one step to the next if nothing is due before; undefined: only events bring a next step. */
  stepSize?: number;
  /** Whether the protocol lets a step be repeated at the same time; default false. */
  repeats?: boolean;
}

/**
 * Steps a population in the integer time of a co-simulation: inputs in, advance, next event out.
 *
 * It owns nothing but the mapping of times; whoever made the population closes it.
 */
export class Bridge {
  readonly #population: Driven;
  readonly #unitTicks: number;
  readonly #ticksPerSecond: number;
  readonly #stepSize: number | undefined;
  readonly #repeats: boolean;
  #last: number | undefined;
  #nextEvent: number | undefined;

  /** @throws {@link BridgeError} `ERR_BRIDGE_RESOLUTION` if a unit is not a whole number of ticks. */
  constructor(population: Driven, options: BridgeOptions) {
    const { unitS, ticksPerSecond, stepSize, repeats = false } = options;
    const unitTicks = Math.round(unitS * ticksPerSecond);
    if (!(unitTicks >= 1) || Math.abs(unitS * ticksPerSecond - unitTicks) > UNIT_ERROR_TICKS_MAX) {
      const text = `a time resolution of ${unitS} s is not a whole number of ticks of ${1 / ticksPerSecond} s`;
      throw new BridgeError("ERR_BRIDGE_RESOLUTION", text);
    }
    if (stepSize !== undefined && !(Number.isSafeInteger(stepSize) && stepSize >= 1)) {
      throw new RangeError(`stepSize must be a whole number of at least 1, got ${stepSize}`);
    }
    this.#population = population;
    this.#unitTicks = unitTicks;
    this.#ticksPerSecond = ticksPerSecond;
    this.#stepSize = stepSize;
    this.#repeats = repeats;
  }

  /** Time of the population's next event after the last step, in units and not rounded; undefined if there is none. */
  get nextEvent(): number | undefined {
    return this.#nextEvent;
  }

  /**
   * Make the step at `time`: deliver the inputs, settle.
   *
   * @param time - In units; a whole number, later than the last step unless the protocol repeats.
   * @returns Time of the next step in units, always later than `time`: the earlier of the step size and the
   *   population's own next event, rounded up to a unit. Undefined if neither is there.
   * @throws {@link BridgeError} `ERR_BRIDGE_TIME`, `ERR_BRIDGE_REPEATED`, with nothing changed; what the population
   *   throws.
   */
  async step(time: number, inputs: readonly BridgeInput[]): Promise<number | undefined> {
    if (!Number.isSafeInteger(time) || time < 0 || !Number.isSafeInteger(time * this.#unitTicks)) {
      const last = Math.floor(Number.MAX_SAFE_INTEGER / this.#unitTicks);
      throw new BridgeError("ERR_BRIDGE_TIME", `a step's time is a whole number from 0 to ${last}, got ${time}`);
    }
    if (this.#last !== undefined && (time < this.#last || (time === this.#last && !this.#repeats))) {
      const text = `the last step was ${this.#last}, the next must be later; got ${time}`;
      throw new BridgeError("ERR_BRIDGE_REPEATED", text);
    }
    this.#population.inputs(inputs);
    const nextS = await this.#population.advance((time * this.#unitTicks) / this.#ticksPerSecond);
    this.#last = time;
    this.#nextEvent = nextS === undefined ? undefined : Math.round(nextS * this.#ticksPerSecond) / this.#unitTicks;
    const byEvent = this.#nextEvent === undefined ? Infinity : Math.max(time + 1, Math.ceil(this.#nextEvent));
    const byStep = this.#stepSize === undefined ? Infinity : time + this.#stepSize;
    const next = Math.min(byEvent, byStep);
    return next === Infinity ? undefined : next;
  }
}
