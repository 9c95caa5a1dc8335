/**
 * Ours as a peer of `npm run bench -- world`: `world-ours.ts JSON`, where `{chain, entities, others, remote, until}` is a
 * scenario: a chain of simulators that step each time, each with so many entities (the first with one), each of which gets
 * a value; beside it others that step once. It is run twice, for the warm-up, and the second time is written:
 * `{cpuUs, wallUs, steps}` of this process from the run's start to its end.
 *
 * In process the simulator is the one of world_simulator.py in TypeScript; remote it is that one, in Python.
 */
import { fileURLToPath } from "node:url";
import { type Entity, type ModelFactory, World } from "../../../adapters/mosaik/index.ts";
import { Local, type Scenario } from "./world-simulator.ts";

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
