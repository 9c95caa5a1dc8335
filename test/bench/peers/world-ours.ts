/**
 * Ours as a peer of `npm run bench -- world`: `world-ours.ts JSON`, where `{chain, entities, others, remote, until}` is a
 * scenario: a chain of simulators that step each time, each with so many entities (the first with one), each of which gets
 * a value; beside it others that step once. It is run twice, for the warm-up, and the second time is written:
 * `{cpuUs, wallUs, steps}` of this process from the run's start to its end.
 *
 * In process the simulator is the one of world_simulator.py in TypeScript; remote it is that one, in Python.
 */
import { fileURLToPath } from "node:url";
import {
  type CreateResult,
  type Entity,
  type InitParams,
  type Meta,
  type ModelFactory,
  type OutputData,
  type OutputRequest,
  Simulator,
  World,
} from "../../../adapters/mosaik/index.ts";

interface Scenario {
  readonly chain: number;
  readonly entities: number;
  readonly others: number;
  /** A Python to start remote simulators with, or null. */
  readonly remote: string | null;
  readonly until: number;
}

class Local extends Simulator {
  override meta: Meta = {
    api_version: "3.0",
    type: "time-based",
    models: { M: { public: true, params: [], attrs: ["x", "y"] } },
  };
  #time = 0;
  #idle = false;
  override init(_sid: string, { idle = false }: InitParams & { idle?: boolean }): Meta {
    this.#idle = idle;
    return this.meta;
  }
  create(num: number, model: string): CreateResult[] {
    return Array.from({ length: num }, (_, i) => ({ eid: `e${i}`, type: model }));
  }
  step(time: number): number {
    this.#time = time;
    return time + (this.#idle ? 1_000_000 : 1);
  }
  getData(outputs: OutputRequest): OutputData {
    const data: Record<string, Record<string, unknown>> = {};
    for (const [eid, attrs] of Object.entries(outputs)) {
      const values: Record<string, unknown> = {};
      for (const attr of attrs) values[attr] = this.#time;
      data[eid] = values;
    }
    return data;
  }
}

type Model = { M: ModelFactory };

async function run({ chain, entities, others, remote, until }: Scenario) {
  const program = fileURLToPath(new URL("world_simulator.py", import.meta.url));
  const entry = remote === null ? { simulator: () => new Local() } : { cmd: [remote, program, "%(addr)s"] };
  const world = new World({ S: entry }, { startTimeoutMs: 60_000, onOutput: () => {} });
  let steps = 0;
  try {
    let before: readonly Entity[] | undefined;
    for (let i = 0; i < chain; i++) {
      const here = await (await world.start<Model>("S")).M.create(i > 0 ? entities : 1);
      for (const [k, entity] of here.entries()) {
        if (before !== undefined) world.connect(before[k % before.length]!, entity, ["x", "y"]);
      }
      before = here;
    }
    for (let i = 0; i < others; i++) await (await world.start<Model>("S", { idle: true })).M.create(1);
    const cpu = process.cpuUsage();
    const wallMs = performance.now();
    await world.run({ until });
    const { user, system } = process.cpuUsage(cpu);
    const wallUs = (performance.now() - wallMs) * 1000;
    for (const simulator of world.summary().simulators) steps += simulator.steps;
    return { cpuUs: user + system, wallUs, steps };
  } finally {
    await world.shutdown();
  }
}

const scenario = JSON.parse(process.argv[2]!) as Scenario;
await run(scenario);
process.stdout.write(`${JSON.stringify(await run(scenario))}\n`);
