import { writeFileSync } from "node:fs";
import {
  type CreateResult,
  defineSimulator,
  type InitParams,
  type InputData,
  type Meta,
  type OutputData,
  type OutputRequest,
  Simulator,
  type Time,
} from "cosimas/mosaik";

/** Where a value comes from: it stands here, is what an input brought, or counts; null leaves the attribute out. */
export type OutputRule = { readonly value: unknown } | { readonly echo: string } | { readonly count: true } | null;

/** A simulator's behaviour. Tables are used in turn, by the number of steps made. */
export interface Script {
  readonly meta: Meta;
  /** Steps to the next step; null: none. */
  readonly next: readonly (number | null)[];
  /** By attribute. */
  readonly outputs: Readonly<Record<string, readonly OutputRule[]>>;
  /** Steps from the step to what `time` in getData says; null: nothing. */
  readonly delays: readonly (number | null)[];
  /** Whether a step makes requests back; the first also says so for setupDone. */
  readonly asks: readonly boolean[];
  /** Steps at one time after which nothing is put out. */
  readonly loops: number;
  /** Children of each entity. */
  readonly children: number;
  /** Whether each entity is related to the one before. */
  readonly relates: boolean;
  /** Full id of one of its own entities, and of one whose data it may get and set. */
  readonly me: string;
  readonly other: string | null;
}

/** The value in JSON that every language reads alike. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return { $: String(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function cyclic<T>(table: readonly T[], index: number): T {
  return table[index % table.length]!;
}

/** Does the same as `mosaik_script.py`, and writes the same down; to the file that `log` of `init` names, if it does. */
export class ScriptSimulator extends Simulator {
  declare readonly meta: Meta;
  readonly log: unknown[];
  #script!: Script;
  #path: string | undefined;
  readonly #order = new Map<string, number>();
  #stepCount = 0;
  #received = 0;
  #inputs: InputData = {};
  #time = -1;
  #loops = 0;

  /** @param log - Every call is added to it. */
  constructor(log: unknown[] = []) {
    super();
    this.log = log;
  }

  #note(...entry: unknown[]): void {
    this.log.push(plain(entry));
    // At once: mosaik gives a process no time to write it at its end.
    if (this.#path !== undefined) writeFileSync(this.#path, JSON.stringify(this.log));
  }

  override init(sid: string, { timeResolution, log, ...options }: InitParams): Meta {
    this.#path = log as string | undefined;
    this.#script = options["script"] as Script;
    this.#note("init", sid, timeResolution, options);
    return this.#script.meta;
  }

  /** The driver always gives keyword arguments; they come last, as one object. */
  hello(...args: unknown[]): unknown {
    const kwargs = args.pop();
    this.#note("hello", args, kwargs);
    return { args, kwargs };
  }

  create(num: number, model: string, params: Readonly<Record<string, unknown>>): CreateResult[] {
    const made = Array.from({ length: num }, () => {
      const before = [...this.#order.keys()];
      const eid = `${model}_${before.length}`;
      this.#order.set(eid, before.length);
      const { children, relates } = this.#script;
      return {
        eid,
        type: model,
        extra_info: params["p"] ?? null,
        ...(relates && { rel: before.slice(-1) }),
        ...(children > 0 && { children: Array.from({ length: children }, (_, i) => this.#child(`${eid}/${i}`)) }),
      };
    });
    this.#note("create", num, model, params, made);
    return made;
  }

  #child(eid: string): CreateResult {
    this.#order.set(eid, this.#order.size);
    return { eid, type: "Child" };
  }

  override async setupDone(): Promise<void> {
    this.#note("setup_done", this.#script.asks[0] ? await this.#related() : []);
  }

  async step(time: Time, inputs: InputData, maxAdvance: Time): Promise<Time | null> {
    this.#loops = time === this.#time ? this.#loops + 1 : 0;
    this.#time = time;
    this.#inputs = inputs;
    const index = this.#stepCount++;
    for (const attrs of Object.values(inputs)) {
      for (const sources of Object.values(attrs)) this.#received += Object.keys(sources).length;
    }
    const answers = cyclic(this.#script.asks, index) ? await this.#ask() : [];
    const increment = cyclic(this.#script.next, index);
    const next = increment === null ? null : time + increment;
    this.#note("step", time, inputs, maxAdvance, answers, next);
    return next;
  }

  async #related(): Promise<unknown[]> {
    const { me } = this.#script;
    const all = await this.mosaik.getRelatedEntities();
    return [all, await this.mosaik.getRelatedEntities(me), await this.mosaik.getRelatedEntities([me])];
  }

  async #ask(): Promise<unknown[]> {
    const { me, other } = this.#script;
    const progress = await this.mosaik.getProgress();
    const answers: unknown[] = [0 <= progress && progress <= 100, ...(await this.#related())];
    if (other === null) return answers;
    answers.push(await this.mosaik.getData({ [other]: ["a", "b"] }));
    answers.push((await this.mosaik.setData({ [me]: { [other]: { c: ["set", this.#time] } } })) ?? null);
    return answers;
  }

  /** The rule's value as an array of one, or an empty one if it leaves the attribute out. */
  #value(rule: OutputRule, eid: string): unknown[] {
    if (rule === null) return [];
    if ("value" in rule) return [rule.value];
    if (!("echo" in rule)) return [[this.#time, this.#stepCount, this.#received]];
    const sources = this.#inputs[eid]?.[rule.echo] ?? {};
    const first = Object.keys(sources).sort()[0];
    return [first === undefined ? null : sources[first]];
  }

  getData(outputs: OutputRequest): OutputData {
    const data: Record<string, Record<string, unknown> | Time> = {};
    const silent = this.#loops >= this.#script.loops;
    for (const [eid, attrs] of Object.entries(outputs)) {
      const values: Record<string, unknown> = {};
      for (const attr of silent ? [] : attrs) {
        const rule = cyclic(this.#script.outputs[attr]!, this.#stepCount + this.#order.get(eid)!);
        for (const value of this.#value(rule, eid)) values[attr] = value;
      }
      if (!silent) data[eid] = values;
    }
    const delay = cyclic(this.#script.delays, this.#stepCount);
    if (delay !== null && this.#time >= 0) data["time"] = this.#time + delay;
    this.#note("get_data", outputs, data);
    return data;
  }
}

export default defineSimulator(() => new ScriptSimulator());
