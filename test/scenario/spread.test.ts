import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

/** Populations under World on one container and on many: the same results, the same trace. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const NODE = ["--conditions=cosimas:source", "--import", "tsx"];
const MAIN = [...NODE, "src/cli/main.ts"];

mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "spread-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: root, timeout: 300_000 });

/** README's households in a World, on as many containers as asked for, each in a line: what was put out, and the hash. */
const POPULATION = `
export const population = (spread) => new AgentSimulator({ ...spread, stepSize: 900, models: { Home } });
`;
const HOUSEHOLDS = `
import { Simulator, World } from "cosimas/mosaik";
import { population } from "./agents.ts";

class Sun extends Simulator {
  meta = { api_version: "3.0", type: "time-based", models: { Sun: { params: ["peak_kw"], attrs: ["value"] } } };
  #peaks = {};
  #time = 0;
  create(num, model, { peak_kw }) {
    const eid = "Sun-" + Object.keys(this.#peaks).length;
    this.#peaks[eid] = peak_kw;
    return [{ eid, type: model }];
  }
  step(time) {
    this.#time = time;
    return time + 900;
  }
  getData(asked) {
    return Object.fromEntries(Object.keys(asked).map((eid) => [eid, { value: (this.#peaks[eid] * this.#time) / 2700 }]));
  }
}

async function run(spread) {
  const agents = population(spread);
  const world = new World({ Sun: { simulator: () => new Sun() }, Agents: { simulator: () => agents } });
  try {
    const sun = await world.start("Sun");
    const households = await world.start("Agents", { simId: "Agents" });
    const homes = [];
    for (const [eid, neighbour, peak_kw] of [["north", "south", 3], ["south", "north", 9]]) {
      const home = await households.Home({ eid, neighbour, limit_kw: 5 });
      world.connect(await sun.Sun({ peak_kw }), home, ["value", "pv_kw"]);
      homes.push(home);
    }
    const seen = [];
    for (const time of [0, 900, 1800, 2700]) {
      await world.advance(time);
      const values = await world.getData(homes, "p_kw");
      seen.push([time, ...homes.map((home) => values.get(home).p_kw)]);
    }
    return JSON.stringify({ seen, hash: agents.population.traceHash() });
  } finally {
    await world.shutdown();
  }
}

const module = new URL("./agents.ts", import.meta.url);
const isolated = (containers, isolation) => ({ containers, isolation, module });
const spreads = [{}, isolated(2, "inline"), isolated(4, "inline"), isolated(2, "thread"), isolated(4, "process")];
for (const spread of spreads) console.log(await run(spread));
`;

describe("a population on several containers under World", () => {
  it("gives lv-congestion's results and hash on 2 inline and on 4 processes", async () => {
    const run = async (...args: string[]) => {
      const { stdout } = await node(...MAIN, "run", "scenarios/lv-congestion/scenario.ts", "--out", folder, ...args);
      return stdout.split("\n").filter((line) => !/^wall time/.test(line));
    };
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, shown = ""] = /```\n(Low-voltage grid[\s\S]*?)```/.exec(readme) ?? [];
    for (const spread of [
      ["--containers", "2"],
      ["--containers", "4", "--isolation", "process"],
    ]) {
      const lines = await run(...spread);
      expect(lines).toContain("trace hash 3d45470e8d151087");
      expect(lines.filter((line) => !/^picture/.test(line)).join("\n")).toBe(shown);
    }
  });

  it("gives README's households the same on 1, 2 and 4, in threads and processes, of a class that is not exported", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, agents = ""] = /```ts\n(\/\/ agents\.ts\n[\s\S]*?)```/.exec(readme) ?? [];
    expect(agents).toMatch(/^class Household/m);
    writeFileSync(join(folder, "agents.ts"), agents + POPULATION);
    writeFileSync(join(folder, "households.ts"), HOUSEHOLDS);
    const { stdout } = await node(...NODE, join(folder, "households.ts"));
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[0]!).seen).toEqual([
      [0, 0, 0],
      [900, 1, 3],
      [1800, 2, 6],
      [2700, 3, 7],
    ]);
    expect(new Set(lines).size).toBe(1);
  });

  it("is refused where it cannot be honoured, and says so", async () => {
    const refused = (...args: string[]) =>
      node(...MAIN, ...args).then(
        () => expect.unreachable(),
        ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
      );
    expect(await refused("run", "test/scenario/fixtures/waits.ts", "--containers", "4")).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^cosimas: ERR_CLI_VALUE: --containers 4: the scenario .* runs in one container; .*`containers: true`/,
      ),
    });
    expect(await refused("sim", "test/interop/fixtures/plain.ts", "127.0.0.1:1", "--containers", "4")).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^cosimas: ERR_SCENARIO_CONTAINERS: the simulator is no AgentSimulator/),
    });
    const promises = join(folder, "promises.ts");
    const code =
      'import { defineScenario } from "cosimas";\nexport default defineScenario({ name: "p", containers: true, run() {} });\n';
    writeFileSync(promises, code);
    expect(await refused("run", promises, "--containers", "2")).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /ERR_SCENARIO_CONTAINERS: .*does not use context\.population, though it says containers: true/,
      ),
    });
  });
});
