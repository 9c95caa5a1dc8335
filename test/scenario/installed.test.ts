import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../esbuild.library.mjs";

/** The built program as a dependency of a user's project, whose modules are TypeScript. */
const root = fileURLToPath(new URL("../..", import.meta.url));

const SCENARIO = `
import { defineScenario } from "cosimas";
import { text } from "./text.ts";
export default defineScenario({ name: "here", async run({ print }) { print(text); } });
`;

describe("cosimas, installed in a project", () => {
  // Inside the repository, so that the package's dependencies and tsx are found above it.
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "installed-"));
  const installed = join(folder, "node_modules", "cosimas");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function node(...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });
  }

  beforeAll(async () => {
    await bundle(join(installed, "dist"));
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    writeFileSync(join(folder, "scenario.ts"), SCENARIO);
    writeFileSync(join(folder, "text.ts"), 'export const text: string = "here";');
  });

  it.each(["{}", '{ "type": "module" }'])("runs TypeScript in a project whose package.json is %s", (content) => {
    writeFileSync(join(folder, "package.json"), content);
    const { status, stdout, stderr } = node(join(installed, "dist/src/cli/main.js"), "run", "scenario.ts");
    expect(stdout, stderr).toBe("here\n");
    expect(status).toBe(0);
  });

  it("gives every class and function its own name", () => {
    const look = `
      for (const face of ["", "/channel", "/rpc", "/clock", "/agent", "/observe", "/mosaik"])
        for (const [name, value] of Object.entries(await import("cosimas" + face)))
          if (typeof value === "function" && value.name !== name) console.log(face, name, value.name);`;
    const { stdout, stderr, status } = node("--input-type=module", "--eval", look);
    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });

  it.each(["inline", "thread", "process"])("starts containers: %s", (isolation) => {
    writeFileSync(
      join(folder, "agents.ts"),
      `import { Agent } from "cosimas";
      export class Battery extends Agent {
        static override readonly exposed = ["offer"] as const;
        offer(kw: number): number { return kw * 2; }
      }`,
    );
    writeFileSync(
      join(folder, "scenario.ts"),
      `import { defineScenario, Platform } from "cosimas";
      export default defineScenario({ name: "platform", async run({ print }) {
        const module = new URL("./agents.ts", import.meta.url);
        const platform = await Platform.create({ containers: 2, isolation: "${isolation}", module, seed: 1 });
        await platform.spawn("Battery", { id: "a" });
        const answer = platform.call("a", "offer", [21]);
        await platform.advance(1);
        print(String(await answer));
        await platform.close();
      } });`,
    );
    const { status, stdout, stderr } = node(join(installed, "dist/src/cli/main.js"), "run", "scenario.ts");
    expect(stdout, stderr).toBe("42\n");
    expect(status).toBe(0);
  });

  /** Seconds of CPU of a process until its end, threads included. */
  function cpuOf(...args: string[]): number {
    const tell =
      'process.on("exit",()=>{const{user,system}=process.cpuUsage();console.error("cpu",(user+system)/1e6)})';
    const { stderr } = node("--import", `data:text/javascript,${tell}`, ...args);
    return Number(/cpu ([\d.]+)/.exec(stderr)![1]);
  }

  it("starts in little more than Node does", () => {
    const main = join(installed, "dist/src/cli/main.js");
    writeFileSync(
      join(folder, "sim.ts"),
      `import { Agent } from "cosimas";
      import { AgentSimulator, agentModel, defineSimulator } from "cosimas/mosaik";
      class Home extends Agent {
        static override readonly exposed = ["measure"] as const;
        measure(): void {}
      }
      const model = agentModel(Home, { params: [], method: "measure", inputs: { kw: "one" } });
      export default defineSimulator(() => new AgentSimulator({ stepSize: 900, models: { Home: model } }));`,
    );
    const bare = cpuOf("--eval", "0");
    const version = cpuOf(main, "--version");
    expect(version, `bare Node: ${bare} s`).toBeLessThan(4 * bare);
    // Nobody listens at port 1, so it ends where it would be connected.
    const sim = cpuOf(main, "sim", "sim.ts", "127.0.0.1:1");
    expect(sim, `bare Node: ${bare} s`).toBeLessThan(14 * bare);
  });
});
