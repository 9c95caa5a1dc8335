import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replaceFiles } from "../../build.mjs";
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

  const AGENTS = `import { Agent } from "cosimas";
    export class Battery extends Agent {
      static override readonly exposed = ["offer"] as const;
      offer(kw: number): number { return kw * 2; }
    }`;

  it.each(
    ["inline", "thread", "process"].flatMap((isolation) => ["module", "commonjs"].map((type) => [isolation, type])),
  )("starts containers: %s, in a project of type %s", (isolation, type) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
    writeFileSync(join(folder, "agents.ts"), AGENTS);
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

  it.each(["module", "commonjs"])("records and replays agents in a project of type %s", (type) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
    writeFileSync(join(folder, "agents.ts"), AGENTS);
    writeFileSync(
      join(folder, "scenario.ts"),
      `import { Container, defineScenario, ExternalClock } from "cosimas";
      import { Battery } from "./agents.ts";
      export default defineScenario({ name: "recorded", async run({ print, record }) {
        const journal = record({ modules: [new URL("./agents.ts", import.meta.url)] });
        const container = await Container.create({ clock: new ExternalClock(), seed: 1, record: journal });
        await container.spawn(Battery, { id: "a" });
        await container.advance(1);
        print(container.traceHash());
        await container.close();
      } });`,
    );
    const main = join(installed, "dist/src/cli/main.js");
    const ran = node(main, "run", "scenario.ts", "--record", "run.mcap", "--force");
    expect(ran.stdout, ran.stderr).toMatch(/^[0-9a-f]{16}\n/);
    const replayed = node(main, "replay", "run.mcap");
    expect(replayed.stdout, replayed.stderr).toContain(`trace hash ${ran.stdout.slice(0, 16)}`);
    expect([ran.status, replayed.status]).toEqual([0, 0]);
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

describe("what is built", () => {
  const place = mkdtempSync(join(tmpdir(), "cosimas-built-"));
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  function write(folder: string, files: Readonly<Record<string, string>>): string {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, folder, file)), { recursive: true });
      writeFileSync(join(place, folder, file), text);
    }
    return join(place, folder);
  }

  it("takes the place of what was there, and leaves nothing of it", () => {
    const dist = write("dist", {
      "d/e/more.js/was.js": "",
      f: "",
      "main.js": "1",
      "a/same.js": "same",
      "a/stale-1.js": "old",
      "b/c/gone.js": "old",
    });
    const before = statSync(join(dist, "a/same.js"));
    replaceFiles(
      write("made", { "main.js": "2", "a/same.js": "same", "a/chunk-2.js": "new", "d/e/more.js": "", "f/now.js": "" }),
      dist,
    );
    const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).sort();
    expect(files).toEqual(["a", "a/chunk-2.js", "a/same.js", "d", "d/e", "d/e/more.js", "f", "f/now.js", "main.js"]);
    expect(readFileSync(join(dist, "main.js"), "utf8")).toBe("2");
    // A program that runs from here goes on with the very file.
    const { ino, mtimeMs } = statSync(join(dist, "a/same.js"));
    expect([ino, mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it("goes into the package as what the sources give, and nothing older", () => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const { stdout, stderr, status } = spawnSync("npm", args, { cwd: root, encoding: "utf8", timeout: 120_000 });
    expect(status, stderr).toBe(0);
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = new Set(files.map(({ path }) => path));
    const built = [...packed].filter((path) => path.startsWith("dist/"));
    const sourceOf = (path: string) => path.slice("dist/".length).replace(/\.d\.ts$/, "");
    for (const path of built.filter((one) => one.endsWith(".d.ts"))) {
      const source = join(root, sourceOf(path));
      expect([path, ["ts", "tsx", "js"].some((end) => existsSync(`${source}.${end}`))]).toEqual([path, true]);
    }
    // Whatever is no chunk is a file of the sources; whatever is a chunk is loaded by another.
    const loaded = new Set<string>();
    const isLibrary = (path: string) =>
      path.endsWith(".js") && !/^dist\/(browser|adapters\/dashboard\/assets)\//.test(path);
    const scripts = built.filter(isLibrary);
    for (const path of scripts) {
      const text = readFileSync(join(root, path), "utf8");
      for (const [, to] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
        loaded.add(posix.join(posix.dirname(path), to!));
      }
    }
    const isSource = (path: string) =>
      ["ts", "js"].some((end) => existsSync(join(root, `${path.slice("dist/".length, -".js".length)}.${end}`)));
    expect(scripts.filter((path) => !isSource(path) && !loaded.has(path))).toEqual([]);
    expect([...loaded].filter((path) => !packed.has(path))).toEqual([]);
    for (const entry of ["dist/src/cli/main.js", "dist/adapters/dashboard/assets/page.js", "dist/browser/index.js"]) {
      expect([entry, packed.has(entry)]).toEqual([entry, true]);
    }
  });
});
