import {
  type CreateResult,
  defineSimulator,
  type InitParams,
  type InputData,
  type OutputData,
  Simulator,
  type Time,
} from "cosimas/mosaik";

/** A simulator of entities with an attribute `x`: it hands on what comes to its first one, plus one. */
export class Relay extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { M: { public: true, params: [], attrs: ["x"] } },
    extra_methods: ["get_result"],
  } as const;
  #stepSize = 1;
  #x = 0;
  #steps = 0;
  #reached = 0;

  override init(_sid: string, { step_size = 1 }: InitParams & { readonly step_size?: number }): typeof this.meta {
    this.#stepSize = step_size;
    return this.meta;
  }

  override create(num: number, type: string): CreateResult[] {
    return Array.from({ length: num }, (_, i) => ({ eid: `E${i}`, type }));
  }

  override step(time: Time, inputs: InputData): Time {
    this.#steps++;
    let x = 1;
    for (const value of Object.values(inputs["E0"]?.["x"] ?? {})) x += value as number;
    this.#x = x;
    // Entities are counted once: it would cost more than the master does.
    if (this.#steps === 1) this.#reached = Object.keys(inputs).length;
    return time + this.#stepSize;
  }

  override getData(): OutputData {
    return { E0: { x: this.#x } };
  }

  /** Steps made, entities that got inputs, last value. */
  get_result(): readonly [steps: number, reached: number, x: number] {
    return [this.#steps, this.#reached, this.#x];
  }
}

/** Wait for one master on a port of this machine. */
export function listen(timeoutMs: number): Promise<string> {
  const { serve } = defineSimulator(() => new Relay());
  return new Promise((resolve, reject) => {
    const log = (_level: string, text: string | (() => string)) => {
      const port = /waiting for mosaik at .*:(\d+)$/.exec(typeof text === "string" ? text : text())?.[1];
      if (port !== undefined) resolve(`127.0.0.1:${port}`);
    };
    serve({ address: "tcp://127.0.0.1:0", remote: true, insecure: false, timeoutMs, parameters: {}, log }).catch(
      reject,
    );
  });
}
