import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { fitness, type Schedule } from "../../scenarios/virtual-power-plant/cohda.ts";
import { agreed, type Instance, idsOf, PUBLISHED, randomInstances } from "../support/cohda-instances.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("COHDA by agents", () => {
  it("brings the ten agents of the published example to 11 each, by the same messages every time, on 1 and 4 processes", async () => {
    const first = await agreed(PUBLISHED);
    expect(first.fitness).toBe(0);
    expect(Object.values(first.schedules)).toEqual(new Array(10).fill([11, 11, 11, 11, 11]));
    expect(first.messages).toBe(192);
    expect(await agreed(PUBLISHED)).toEqual(first);
    expect(await agreed(PUBLISHED, 4)).toEqual(first);
  });

  it("finds what nobody alone can make better, and the best of all in 12 of 20 small instances", async () => {
    const instances = randomInstances(1, 20, { agents: [5, 6], schedules: [3, 4], intervals: [2, 3] });
    let best = 0;
    for (const instance of instances) {
      const { schedules, fitness: found } = await agreed(instance);
      const chosen = idsOf(instance).map((id) => schedules[id]!);
      expect(fitness(instance.target, chosen)).toBe(found);
      for (const [i, own] of instance.schedules.entries()) {
        expect(own).toContainEqual(chosen[i]);
        for (const other of own) expect(fitness(instance.target, chosen.with(i, other))).toBeLessThanOrEqual(found);
      }
      const optimum = enumerated(instance);
      expect(found).toBeLessThanOrEqual(optimum);
      if (found === optimum) best++;
    }
    expect(best).toBe(12);
  });
});

describe("virtual-power-plant", () => {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "virtual-power-plant-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const cosimas = async (...args: string[]) => {
    const command = ["dist/src/cli/main.js", ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, timeout: 300_000 });
    return stdout;
  };
  const SCENARIO = "scenarios/virtual-power-plant/scenario.ts";
  /** What README.md says that it prints. */
  const readme = readFileSync(join(root, "scenarios/virtual-power-plant/README.md"), "utf8");
  const expected = /```\n([\s\S]*?)```/.exec(readme)![1]!;

  it("prints what its README says, recorded; a replay is the same", async () => {
    const file = join(folder, "plan.mcap");
    expect(await cosimas("run", SCENARIO, "--out", folder, "--record", file)).toContain(expected);
    expect(readFileSync(join(folder, "virtual-power-plant.svg"), "utf8")).toBe(
      readFileSync(join(root, "scenarios/virtual-power-plant/virtual-power-plant.svg"), "utf8"),
    );
    expect(await cosimas("replay", file)).toMatch(/^the same: /m);
  });

  it("prints the same on four containers", async () => {
    const printed = await cosimas("run", SCENARIO, "--out", folder, "--containers", "4");
    expect(printed).toContain(expected);
  });
});

/** The fitness of the best of all combinations. */
function enumerated({ target, schedules }: Instance): number {
  let best = -Infinity;
  const chosen: Schedule[] = [];
  const choose = (): void => {
    const own = schedules[chosen.length];
    if (own === undefined) {
      best = Math.max(best, fitness(target, chosen));
      return;
    }
    for (const schedule of own) {
      chosen.push(schedule);
      choose();
      chosen.pop();
    }
  };
  choose();
  return best;
}
