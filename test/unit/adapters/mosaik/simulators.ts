import {
  type CreateResult,
  type InputData,
  type Meta,
  type OutputData,
  type OutputRequest,
  Simulator,
} from "../../../../adapters/mosaik/index.ts";

/** How a {@link Probe} behaves where it departs from the plain one. */
export interface ProbeBehaviour {
  meta?: Partial<Meta>;
  /** Steps between two steps; default 1. */
  stepSize?: number;
  /** Turns of the microtask queue that a step takes; default none, the step answers at once. */
  hops?: (time: number) => number;
  step?: (time: number, inputs: InputData) => number | null | Promise<number>;
  getData?: (outputs: OutputRequest, time: number) => unknown;
  create?: (num: number, model: string) => unknown;
  finalize?: () => void;
}

/** A simulator of model M (attributes `out`, `in`) whose entity puts out `<sid>@<time>`; it writes down what it sees. */
export class Probe extends Simulator {
  readonly meta: Meta;
  readonly calls: string[] = [];
  readonly steps: { time: number; inputs: InputData; maxAdvance: number }[] = [];
  readonly requests: OutputRequest[] = [];
  sid = "";
  initParams: unknown;
  #time = -1;
  #count = 0;
  readonly #behaviour: ProbeBehaviour;

  constructor(behaviour: ProbeBehaviour = {}) {
    super();
    this.#behaviour = behaviour;
    const models = { M: { params: ["p"], attrs: ["out", "in", "in2"] } };
    this.meta = { api_version: "3.0", type: "time-based", models, extra_methods: ["double"], ...behaviour.meta };
  }

  override init(sid: string, params: unknown): Meta {
    this.calls.push("init");
    this.sid = sid;
    this.initParams = params;
    return this.meta;
  }

  create(num: number, model: string): CreateResult[] {
    this.calls.push(`create ${num} ${model}`);
    if (this.#behaviour.create) return this.#behaviour.create(num, model) as CreateResult[];
    return Array.from({ length: num }, () => ({ eid: `E${this.#count++}`, type: model }));
  }

  override setupDone(): void {
    this.calls.push("setupDone");
  }

  step(time: number, inputs: InputData, maxAdvance: number): number | null | Promise<number | null> {
    this.calls.push(`step ${time}`);
    this.steps.push({ time, inputs, maxAdvance });
    this.#time = time;
    if (this.#behaviour.step) return this.#behaviour.step(time, inputs);
    const next = time + (this.#behaviour.stepSize ?? 1);
    const hops = this.#behaviour.hops?.(time) ?? 0;
    return hops === 0 ? next : later(next, hops);
  }

  getData(outputs: OutputRequest): OutputData {
    this.requests.push(outputs);
    this.calls.push(`getData ${this.#time}`);
    if (this.#behaviour.getData) return this.#behaviour.getData(outputs, this.#time) as OutputData;
    const value = `${this.sid}@${this.#time}`;
    return Object.fromEntries(
      Object.entries(outputs).map(([eid, attrs]) => [eid, Object.fromEntries(attrs.map((attr) => [attr, value]))]),
    );
  }

  override finalize(): void {
    this.calls.push("finalize");
    this.#behaviour.finalize?.();
  }

  double(value: number): number {
    return 2 * value;
  }

  /** Inputs by time, as far as entity E0's attribute `in` is concerned. */
  seen(attr = "in"): [number, Record<string, unknown> | undefined][] {
    return this.steps.map(({ time, inputs }) => [time, inputs["E0"]?.[attr]]);
  }
}

async function later<T>(value: T, hops: number): Promise<T> {
  for (let i = 0; i < hops; i++) await undefined;
  return value;
}
