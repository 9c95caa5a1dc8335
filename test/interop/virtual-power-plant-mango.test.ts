import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fitness, type Schedule } from "../../scenarios/virtual-power-plant/cohda.ts";
import { agreed, type Instance, idsOf, PUBLISHED, randomInstances, topologyOf } from "../support/cohda-instances.ts";
import { count, HEAVY } from "../support/heavy.ts";
import { pythonEnvironment } from "../support/python.ts";

/**
 * The scenario's COHDA and that of mango-library 1.1.0, a Python process, on the same instances and topologies.
 *
 * mango's agents react to what has come within an interval of wall time, so its runs differ from one to the next; ours do
 * not. On one instance either may be luckier, so means are compared.
 */
const { python, reason } = await pythonEnvironment("mango-library");

const PROGRAM = fileURLToPath(new URL("../support/mango_cohda.py", import.meta.url));
const SIZES = { agents: [5, 15], schedules: [3, 8], intervals: [3, 8] } as const;

/** Seconds for which mango's agents collect messages. */
const INTERVAL_S = 0.05;
/** Instances of one process of Python, and wall milliseconds that it may take. */
const AT_ONCE = 12;
const PROCESS_MS_MAX = 280_000;

interface Found {
  readonly fitness: number;
  readonly schedules: readonly Schedule[];
  readonly messages: number;
}

/** What mango's agents agree on, for each instance. */
function mango(instances: readonly Instance[]): Promise<readonly Found[]> {
  const order = instances.map((instance) => {
    const ids = idsOf(instance);
    const topology = topologyOf(instance);
    return { ...instance, neighbours: ids.map((id) => topology.neighbours(id).map((other) => ids.indexOf(other))) };
  });
  return new Promise((resolve, reject) => {
    const options = { timeout: PROCESS_MS_MAX, maxBuffer: 2 ** 26, killSignal: "SIGKILL" } as const;
    const child = execFile(python!, ["-W", "ignore", PROGRAM], options, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`mango: ${error.message.split("\n")[0]}: ${stderr.slice(-2000)}`));
      else resolve(JSON.parse(stdout) as Found[]);
    });
    child.stdin!.end(JSON.stringify({ interval: INTERVAL_S, instances: order }));
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.skipIf(reason !== undefined)(
  `COHDA with mango-library${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    it("agrees on the published example: everybody ends at 11", async () => {
      const [theirs] = await mango([PUBLISHED]);
      const ours = await agreed(PUBLISHED);
      expect(theirs!.schedules).toEqual(new Array(10).fill([11, 11, 11, 11, 11]));
      expect(Object.values(ours.schedules)).toEqual(theirs!.schedules);
    });

    it("is not less fit in the mean, by the same messages on every repeat", {
      timeout: HEAVY ? 1_800_000 : 300_000,
    }, async () => {
      const instances = randomInstances(7, count("instances of COHDA", 30, 60), SIZES);
      const theirs: Found[] = [];
      for (let i = 0; i < instances.length; i += AT_ONCE)
        theirs.push(...(await mango(instances.slice(i, i + AT_ONCE))));
      const ours = [];
      for (const [i, instance] of instances.entries()) {
        expect(fitness(instance.target, theirs[i]!.schedules)).toBe(theirs[i]!.fitness);
        const first = await agreed(instance);
        expect(await agreed(instance)).toEqual(first);
        ours.push(first);
      }
      expect(await agreed(instances[0]!, 4)).toEqual(ours[0]);
      const figures = {
        fitness: [mean(ours.map((one) => one.fitness)), mean(theirs.map((one) => one.fitness))],
        messages: [mean(ours.map((one) => one.messages)), mean(theirs.map((one) => one.messages))],
      };
      const said = `ours and mango's: ${JSON.stringify(figures)}`;
      if (HEAVY) process.stderr.write(`search: ${said}\n`);
      expect(figures.fitness[0], said).toBeGreaterThanOrEqual(figures.fitness[1]!);
    });
  },
);
