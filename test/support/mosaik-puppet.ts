import { appendFileSync } from "node:fs";
import {
  type CreateResult,
  defineSimulator,
  type InitParams,
  type InputData,
  type Meta,
  type ModelMeta,
  type OutputData,
  type OutputRequest,
  Simulator,
  type SimulatorType,
  type Time,
} from "cosimas/mosaik";

const MODELS: Record<SimulatorType, ModelMeta> = {
  "time-based": { public: true, params: ["gain"], attrs: ["x", "y"] },
  "event-based": { public: true, params: ["gain"], attrs: ["in", "out"] },
  hybrid: {
    public: true,
    params: ["gain"],
    attrs: ["m", "p", "trig", "ev"],
    trigger: ["trig"],
    "non-persistent": ["ev"],
  },
};

/** What `init` is given; see the scenarios. */
interface Options extends InitParams {
  readonly kind: SimulatorType;
  readonly log: string;
  readonly step_size?: number;
  readonly until_self?: number;
  readonly nan_at?: number;
  readonly ev_at?: readonly number[];
  readonly delay?: number;
  readonly ask?: boolean;
  readonly other?: string;
}

/** Sum of what came; of an event, `[time, number]`, the number counts. */
function total(sources: Record<string, unknown> = {}): number {
  return Object.values(sources).reduce<number>((sum, v) => sum + ((Array.isArray(v) ? v[1] : v) as number), 0);
}

/** Does the same as `mosaik_puppet.py`, and writes the same down. */
class Puppet extends Simulator {
  declare readonly meta: Meta;
  #sid = "";
  #options!: Options;
  readonly #gains = new Map<string, number>();
  readonly #state = new Map<string, Record<string, unknown>>();
  #events = new Map<string, Record<string, unknown>>();
  #time = -1;
  #loops = 0;

  #note(...entry: unknown[]): void {
    const text = JSON.stringify(entry, (_key, value: unknown) => (Number.isNaN(value) ? "NaN" : value));
    appendFileSync(this.#options.log, `${text}\n`);
  }

  override init(sid: string, params: InitParams): Meta {
    this.#sid = sid;
    this.#options = params as Options;
    const { timeResolution, log: _log, ...rest } = this.#options;
    const models = { M: MODELS[this.#options.kind], Child: { public: false, params: [], attrs: ["c"] } };
    this.#note("init", sid, timeResolution, rest);
    return { api_version: "3.0", type: this.#options.kind, models, extra_methods: ["hello"] };
  }

  /** Keyword arguments come last, as one object. */
  hello(...args: unknown[]): unknown {
    const kwargs = args.pop();
    this.#note("hello", args, kwargs);
    return { args, kwargs };
  }

  create(num: number, model: string, { gain = 1 }: { readonly gain?: unknown }): CreateResult[] {
    const made = Array.from({ length: num }, () => {
      const eid = `${model}_${this.#gains.size}`;
      this.#gains.set(eid, gain as number);
      const children = [{ eid: `${eid}_c`, type: "Child" }];
      return { eid, type: model, rel: [], children, extra_info: { note: "ü€" } };
    });
    this.#note("create", num, model, gain, made);
    return made;
  }

  override setupDone(): void {
    this.#note("setup_done");
  }

  async step(time: Time, inputs: InputData, maxAdvance: Time): Promise<Time | null> {
    const { ask, kind, step_size, until_self = Number.POSITIVE_INFINITY } = this.#options;
    this.#loops = time === this.#time ? this.#loops + 1 : 0;
    this.#time = time;
    this.#events = new Map();
    const answers = ask ? await this.#ask() : [];
    if (kind === "time-based") this.#timeBased(time, inputs);
    else if (kind === "event-based") this.#eventBased(time, inputs);
    else this.#hybrid(time, inputs);
    const next = step_size !== undefined && time + step_size < until_self ? time + step_size : null;
    this.#note("step", time, inputs, maxAdvance, answers, next);
    return next;
  }

  #timeBased(time: Time, inputs: InputData): void {
    for (const [eid, gain] of this.#gains) {
      const sum = Object.values(inputs[eid] ?? {}).reduce((all, sources) => all + total(sources), 0);
      const x = time === this.#options.nan_at ? Number.NaN : gain * time + sum;
      this.#state.set(eid, { x, y: x / 2 });
    }
  }

  #eventBased(time: Time, inputs: InputData): void {
    for (const [eid, gain] of this.#gains) {
      if (Object.keys(inputs).length > 0 && !(eid in inputs)) continue;
      const n = Object.values(inputs[eid] ?? {}).reduce((all, sources) => all + total(sources), gain);
      if (this.#loops < 3) this.#events.set(eid, { out: [time, n] });
    }
  }

  #hybrid(time: Time, inputs: InputData): void {
    for (const [eid, gain] of this.#gains) {
      const given = inputs[eid] ?? {};
      const m = gain * time + total(given["p"]);
      this.#state.set(eid, { m, p: null, trig: null });
      if (!("trig" in given) && !this.#options.ev_at?.includes(time)) continue;
      this.#events.set(eid, { ev: [time, m + total(given["trig"])] });
    }
  }

  async #ask(): Promise<unknown[]> {
    const { mosaik } = this;
    const me = `${this.#sid}.M_0`;
    const progress = await mosaik.getProgress();
    const answers: unknown[] = [
      0 <= progress && progress <= 100,
      await mosaik.getRelatedEntities(),
      await mosaik.getRelatedEntities(me),
      await mosaik.getRelatedEntities([me]),
    ];
    const { other } = this.#options;
    if (other !== undefined) {
      answers.push(await mosaik.getData({ [other]: ["y"] }));
      answers.push((await mosaik.setData({ [me]: { [other]: { y: 100 + this.#time } } })) ?? null);
    }
    return answers;
  }

  getData(outputs: OutputRequest): OutputData {
    const { delay = 0, kind } = this.#options;
    const data: Record<string, Record<string, unknown> | Time> = {};
    for (const [eid, attrs] of Object.entries(outputs)) {
      const known = { ...this.#state.get(eid), ...this.#events.get(eid) };
      const values = Object.fromEntries(attrs.filter((attr) => attr in known).map((attr) => [attr, known[attr]]));
      if (Object.keys(values).length > 0 || kind === "time-based") data[eid] = values;
    }
    if (delay > 0 && Object.keys(data).length > 0) data["time"] = this.#time + delay;
    this.#note("get_data", outputs, data);
    return data;
  }
}

export default defineSimulator(() => new Puppet());
