import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/**
 * What a user has: the packed package in a folder outside of the repository, the project of `cosimas init`, and every
 * command of its README, on the Node that runs this test.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik");

/** The oldest compiler that the types are for, and the newest. */
const COMPILERS = ["~5.6.3", "~7.0.2"];

const RUN = `station-1: 33.00 kWh
station-2: 33.00 kWh
station-3: 16.50 kWh
transformer: at most 22.0 kW of 22 kW
trace hash 5d74a7d7fa0dccac
`;

/** What the scenario plots, in 80 columns. */
const PLOTS = `
load of the transformer, kW
      22 ┤                                                  ⡏⠉⠉⠉⠉⠉⠉⠉⢹
         ┤                                                  ⡇       ⢸
         ┤                                                  ⡇       ⢸
         ┤                                                ⢀⣀⡇       ⢸⣀⣀⣀
         ┤                                                ⢸            ⢸
         ┤                                                ⢸            ⢸
         ┤                                                ⢸            ⢸
       0 ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸            ⢸⣀⣀⣀⣀⣀⣀⣀⣀
          0        3       6        9        12       15      18       21 h

power of the stations, kW
          station-1.p_kw
      11 ┤                                                ⢸⠉⠉⠉⠉⠉⠉⠉⠉⡇
         ┤                                                ⢸        ⡇
       0 ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸        ⣇⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
          station-2.p_kw
      11 ┤                                                  ⡏⠉⠉⠉⠉⠉⠉⠉⢹
         ┤                                                  ⡇       ⢸
       0 ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⡇       ⢸⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
          station-3.p_kw
      11 ┤                                                         ⡏⠉⠉⠉⢹
         ┤                                                         ⡇   ⢸
       0 ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⡇   ⢸⣀⣀⣀⣀⣀⣀⣀⣀
          0        3       6        9        12       15      18       21 h
`;

describe("a project of `cosimas init`", () => {
  const scratch = mkdtempSync(join(tmpdir(), "cosimas-project-"));
  const project = join(scratch, "my-agents");
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** Run a program of the user's, with this Node first on the path. */
  async function run(command: string, args: readonly string[], options: ExecFileOptions = {}): Promise<string> {
    const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const env = { ...process.env, PATH: path, NODE_OPTIONS: "", FORCE_COLOR: "0" };
    const { stdout } = await promisify(execFile)(command, args, { cwd: project, env, timeout: 300_000, ...options });
    return String(stdout);
  }
  const npm = (...args: string[]) => run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"]);
  const cosimas = (...args: string[]) => run(join(project, "node_modules/.bin/cosimas"), args);

  beforeAll(async () => {
    // The package has been built for the tests; what `npm pack` takes of it is what npm publishes.
    const packed = ["pack", "--ignore-scripts", "--silent", "--pack-destination", scratch];
    const tarball = join(scratch, (await run("npm", packed, { cwd: root })).trim());
    // Where a user has `npx cosimas init my-agents`.
    const first = join(scratch, "first");
    mkdirSync(first);
    writeFileSync(join(first, "package.json"), "{}");
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--omit=optional", tarball];
    await run("npm", install, { cwd: first });
    const said = await run(join(first, "node_modules/.bin/cosimas"), ["init", "my-agents"], { cwd: scratch });
    expect(said).toContain("cd my-agents\n  npm install\n");
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect(dependencies.cosimas).toMatch(/^\^\d+\.\d+\.\d+$/);
    // This version is in no registry yet; all else of package.json is installed as it stands there.
    await npm("install", tarball);
  }, 600_000);

  it("runs, as its README says", async () => {
    expect(await run("npm", ["start", "--silent"])).toBe(RUN + PLOTS);
  });

  it("has a test that passes", async () => {
    const said = await run("npm", ["test", "--silent"]);
    expect(said).toMatch(/(#|ℹ) pass 2\b/);
  });

  it("is recorded and replayed, and spread over processes", async () => {
    const args = ["run", "scenario.ts", "--record", "day.mcap"];
    expect(await cosimas(...args)).toBe(RUN + PLOTS);
    expect(await cosimas("replay", "day.mcap")).toContain("5d74a7d7fa0dccac");
    expect(await cosimas("run", "scenario.ts", "--containers", "2", "--isolation", "process")).toBe(RUN + PLOTS);
    const draw = ["export", "day.mcap", "-f", "svg", "--scenario", "scenario.ts"];
    expect(await cosimas(...draw)).toBe("day.svg: 14 events\n");
  });

  it.skipIf(reason !== undefined)("does the same under mosaik", async () => {
    const said = await run(python!, ["mosaik_scenario.py"]);
    expect(said.endsWith(RUN.slice(0, RUN.indexOf("transformer")))).toBe(true);
  });

  it("is written once: a second time names what is there", async () => {
    const before = readdirSync(project).sort();
    await expect(cosimas("init")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ERR_INIT_EXISTS"),
    });
    expect(readdirSync(project).sort()).toEqual(before);
  });

  describe.each(COMPILERS)("its types, for TypeScript %s", (version) => {
    const compiler = join(scratch, `typescript${version}`);
    const tsc = (...args: string[]) =>
      run(process.execPath, [join(compiler, "node_modules/typescript/bin/tsc"), "--pretty", "false", ...args]).catch(
        (error: { stdout: string }) => error.stdout,
      );

    beforeAll(async () => {
      mkdirSync(compiler);
      writeFileSync(join(compiler, "package.json"), "{}");
      const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
      await run("npm", [...install, `typescript@${version}`], { cwd: compiler });
      // Every public entry, by its name.
      const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object };
      const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
      const lines = entries.map((entry, i) => `export * as e${i} from "cosimas${entry.slice(1)}";`);
      writeFileSync(join(project, "entries.ts"), `${lines.join("\n")}\n`);
    }, 600_000);

    it.each([
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ])("with module %s, resolved as %s, and its declarations checked, too", async (module, resolution) => {
      const { compilerOptions } = JSON.parse(readFileSync(join(project, "tsconfig.json"), "utf8"));
      const options = { ...compilerOptions, module, moduleResolution: resolution, skipLibCheck: false };
      const file = `tsconfig.${resolution}.json`;
      writeFileSync(join(project, file), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
      expect(await tsc("-p", file)).toBe("");
    });

    it("and a mistake is one", async () => {
      const wrong = `import { Station } from "./agents.ts";
        import { Container, ExternalClock } from "cosimas";
        const container = await Container.create({ clock: new ExternalClock() });
        container.spawn(Station, { id: "s", args: [{ transfomer: "t" }] });`;
      writeFileSync(join(project, "wrong.ts"), wrong);
      try {
        expect(await tsc()).toMatch(/^wrong\.ts\(4,\d+\): error TS\d+: .*transfomer/);
      } finally {
        rmSync(join(project, "wrong.ts"));
      }
    });
  });
});
