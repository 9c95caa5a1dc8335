import { type CreateResult, type InputData, type Meta, type OutputData, Simulator } from "cosimas/mosaik";

/** The Python simulators of the transcripts, written again. Their sources are not recorded; this is what the frames show. */

type Params = Readonly<Record<string, unknown>>;

/** Sum of all numbers in the inputs of one entity. */
function sum(inputs: InputData, eid: string): number {
  const attrs = Object.values(inputs[eid] ?? {});
  return attrs.flatMap((sources) => Object.values(sources) as number[]).reduce((all, value) => all + value, 0);
}

abstract class Recorded extends Simulator {
  protected params: Params = {};
  protected time = -1;
  abstract readonly prefix: string;
  #count = 0;

  override init(_sid: string, params: Params): Meta {
    this.params = params;
    return this.meta;
  }

  create(num: number, type: string, params: Params): CreateResult[] {
    return Array.from({ length: num }, () => this.made(`${this.prefix}_${this.#count++}`, type, params));
  }

  protected made(eid: string, type: string, _params: Params): CreateResult {
    return { eid, type };
  }

  protected number(name: string, otherwise = Number.NaN): number {
    return (this.params[name] as number | undefined) ?? otherwise;
  }
}

/** x grows by 1 and by what comes in. */
export class TimeBased extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: { M: { public: true, params: ["init_val"], attrs: ["x", "y"] } },
    extra_methods: ["hello"],
    type: "time-based",
  } as const;
  readonly prefix = "M";
  readonly #x = new Map<string, number>();

  hello(a: unknown, { b }: { b: unknown }): unknown {
    return { a, b };
  }

  protected override made(eid: string, type: string, { init_val = 0 }: Params): CreateResult {
    this.#x.set(eid, init_val as number);
    return { eid, type, rel: [], extra_info: { note: "ü€" } };
  }

  step(time: number, inputs: InputData): number {
    for (const [eid, x] of this.#x) this.#x.set(eid, x + 1 + sum(inputs, eid));
    return time + this.number("step_size", 1);
  }

  getData(outputs: Readonly<Record<string, readonly string[]>>): OutputData {
    const value = (eid: string) => (attr: string) => [attr, this.#x.get(eid)];
    return Object.fromEntries(
      Object.entries(outputs).map(([eid, attrs]) => [eid, Object.fromEntries(attrs.map(value(eid)))]),
    );
  }
}

/** An agent that makes every request back. */
export class Asking extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: { Agent: { public: true, params: [], attrs: ["x"] } },
    extra_methods: [],
    type: "time-based",
  } as const;
  readonly prefix = "A";

  async step(time: number): Promise<number> {
    const { mosaik, params } = this;
    const target = params["target"] as string;
    await mosaik.getProgress();
    await mosaik.getRelatedEntities();
    await mosaik.getRelatedEntities("MAS.A_0");
    await mosaik.getRelatedEntities(["MAS.A_0"]);
    await mosaik.getData({ [target]: ["x", "y"] });
    await mosaik.setData({ "MAS.A_0": { [target]: { y: 100 } } });
    // mosaik never answers a request that it refuses; the step does not wait for it.
    const refused: Promise<unknown>[] = [];
    if (time === 1) {
      refused.push(mosaik.setData({ "MAS.A_0": { "Other.M_0": { y: 100 } } }), mosaik.setEvent(5));
    }
    for (const request of refused) request.catch(() => {});
    return time + this.number("step_size");
  }

  getData(): OutputData {
    return {};
  }
}

/** Puts out a count, at most `max_replies` times. */
export class EventBased extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: { M: { public: true, params: [], attrs: ["in", "out"] } },
    extra_methods: [],
    type: "event-based",
  } as const;
  readonly prefix = "E";
  #steps = 0;

  step(time: number): number | null {
    this.time = time;
    this.#steps++;
    return "every" in this.params ? time + this.number("every") : null;
  }

  getData(): OutputData {
    if (this.#steps > this.number("max_replies", Number.POSITIVE_INFINITY)) return {};
    return { E_0: { out: [this.time, this.#steps] } };
  }
}

export class Hybrid extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: {
      M: {
        public: true,
        params: [],
        attrs: ["m", "p", "trig", "ev"],
        trigger: ["trig"],
        "non-persistent": ["ev"],
      },
    },
    extra_methods: [],
    type: "hybrid",
  } as const;
  readonly prefix = "H";

  step(time: number): number {
    this.time = time;
    return time + this.number("step_size");
  }

  getData(): OutputData {
    const fires = (this.params["ev_at"] as number[]).includes(this.time);
    return { H_0: fires ? { ev: `ev@${this.time}` } : {} };
  }
}

/** Puts out NaN once. */
export class NotANumber extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: { M: { public: true, params: [], attrs: ["x"] } },
    extra_methods: [],
    type: "time-based",
  } as const;
  readonly prefix = "F";

  step(time: number): number {
    this.time = time;
    return time + 1;
  }

  getData(): OutputData {
    return { F_0: { x: this.time === this.number("at") ? Number.NaN : 1 } };
  }
}

/** Sets its own events, when the test says that their wall time has come. */
export class RealTime extends Recorded {
  readonly meta = {
    api_version: "3.0",
    models: { M: { public: true, params: [], attrs: ["in", "out"] } },
    extra_methods: [],
    type: "event-based",
    set_events: true,
  } as const;
  readonly prefix = "R";
  #set = 0;

  async setNext(): Promise<void> {
    const [, time] = (this.params["events"] as [number, number][])[this.#set++]!;
    await this.mosaik.setEvent(time);
  }

  step(time: number): null {
    this.time = time;
    return null;
  }

  getData(): OutputData {
    return { R_0: { out: this.time } };
  }
}
