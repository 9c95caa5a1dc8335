/** World as the master of the simulators in `world-relay.ts`: a line with a {@link WorldQuestion} is a run. */
import { createInterface } from "node:readline";
import { type Entity, type ModelFactory, type SimConfigEntry, type SimulatorHandle, World } from "cosimas/mosaik";
import type { WorldAnswer, WorldQuestion } from "../../bench/world.ts";
import { Relay } from "./world-relay.ts";

type Handle = SimulatorHandle & { M: ModelFactory; get_result(): Promise<WorldAnswer["result"]> };

async function run({ chain, entities, idle, until, addresses }: WorldQuestion): Promise<WorldAnswer> {
  const config: Record<string, SimConfigEntry> = { Idle: { simulator: () => new Relay() } };
  for (let i = 0; i < chain; i++) {
    config[`S${i}`] = addresses.length > 0 ? { connect: addresses[i]! } : { simulator: () => new Relay() };
  }
  const world = new World(config);
  const handles: Handle[] = [];
  let sources: Entity[] = [];
  for (let i = 0; i < chain; i++) {
    const handle = await world.start<Handle>(`S${i}`);
    const made = await handle.M.create(i === chain - 1 ? entities : 1);
    for (const source of sources) for (const entity of made) world.connect(source, entity, "x");
    handles.push(handle);
    sources = made;
  }
  let before: Entity | undefined;
  for (let i = 0; i < idle; i++) {
    const [entity] = await (await world.start<Handle>("Idle", { step_size: until })).M.create(1);
    if (before !== undefined) world.connect(before, entity!, "x");
    before = entity;
  }
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await world.run({ until });
  const wallUs = (performance.now() - startMs) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  const result = await handles.at(-1)!.get_result();
  await world.shutdown();
  return { cpuUs: user + system, wallUs, result };
}

process.stdout.write("{}\n");
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line) as WorldQuestion))}\n`);
}
