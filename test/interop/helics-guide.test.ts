import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort, helicsEnvironment, start } from "../support/helics.ts";

/** The examples of docs/helics.md, as they stand there, each command a process. */
const environment = await helicsEnvironment();
const { reason } = environment;
const root = fileURLToPath(new URL("../..", import.meta.url));
const guide = readFileSync(join(root, "docs/helics.md"), "utf8");

/** The example that begins after a file's name is mentioned. */
function example(language: string, name: string): string {
  const found = new RegExp(`\`${name}\`[^\`]*(?:\`[^\`]+\`[^\`]*)*?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(guide);
  return found![1]!;
}

/** The lines of the block that has `text`. */
function commands(text: string): string[] {
  const blocks = [...guide.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks
    .find((block) => block.includes(text))!
    .trimEnd()
    .split("\n");
}

const cosimas = `${process.execPath} --conditions=cosimas:source --import ${import.meta.resolve("tsx")} ${join(root, "src/cli/main.ts")}`;

describe.skipIf(reason !== undefined)(`docs/helics.md${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  mkdirSync(join(root, "out"), { recursive: true });
  // Inside the repository, so that `cosimas` is found.
  const folder = mkdtempSync(join(root, "out", "helics-guide-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const env = {
    PATH: `${environment.python === undefined ? "" : dirname(environment.python)}${delimiter}${process.env["PATH"]}`,
  };

  /** Run commands as a shell does that is in the folder: all at once, until all have ended. */
  async function run(
    lines: readonly string[],
    port: string,
    { at = folder, program = cosimas } = {},
  ): Promise<{ output: string; code: unknown }[]> {
    const own = String(await freePort());
    const ready = (line: string) =>
      line
        .replaceAll(port, own)
        .replace("npx cosimas", program)
        .replace(/ &$/, "")
        .concat(line.includes("npx") ? " --timeout 60" : "");
    const shell = (line: string) => start("bash", ["-c", `cd ${at} && exec ${ready(line)}`], env);
    const all = lines.map(shell);
    return Promise.all(all.map(async ({ ended, output }) => ({ code: await ended, output: output() })));
  }

  it.each([
    ["of the Python package", {}, 0, /^ok HELICS {7}3\.\d+\.\d+, core types zmq .*tcpss/m],
    [
      "of HELICS_LIBRARY",
      { HELICS_LIBRARY: environment.library },
      0,
      /^ok HELICS {7}3\.\d+\.\d+, core types zmq .*tcpss/m,
    ],
    [
      "that is not there",
      { HELICS_LIBRARY: join(folder, "libhelics.so") },
      1,
      /^NO HELICS .*no file .*libhelics\.so, which HELICS_LIBRARY names/m,
    ],
    ["that is none", { HELICS_LIBRARY: import.meta.filename }, 1, /^NO HELICS .*is no library of HELICS: .+/m],
  ])("says what HELICS there is: one %s", async (_which, own, code, text) => {
    const doctor = start("bash", ["-c", `exec ${cosimas} doctor`], { ...env, HELICS_LIBRARY: "", ...own });
    expect([await doctor.ended, doctor.output()]).toEqual([code, expect.stringMatching(text)]);
  });

  it("couples a population to a grid in Python", async () => {
    writeFileSync(join(folder, "agents.ts"), example("ts", "agents.ts"));
    writeFileSync(join(folder, "grid.py"), example("python", "grid.py"));
    const [broker, grid, agents] = await run(commands("python grid.py tcp"), "23500");
    expect([broker!.code, grid!.code, agents!.code], agents!.output).toEqual([0, 0, 0]);
    const says = /The grid prints (.*)\./
      .exec(guide)![1]!
      .match(/`[^`]+`/g)!
      .map((line) => line.slice(1, -1));
    expect(grid!.output.trim().split("\n")).toEqual(says);
    expect(agents!.output).toMatch(/left at 2700\.000001 s after 4 grants and 4 steps, trace hash [0-9a-f]{16}/);
  });

  it("does so in a project whose files are CommonJS to Node, with the built program", async () => {
    const at = mkdtempSync(join(tmpdir(), "cosimas-helics-guide-"));
    onTestFinished(() => rmSync(at, { recursive: true, force: true }));
    writeFileSync(join(at, "package.json"), '{ "type": "commonjs" }');
    mkdirSync(join(at, "node_modules"));
    symlinkSync(root, join(at, "node_modules/cosimas"), "dir");
    writeFileSync(join(at, "agents.ts"), example("ts", "agents.ts"));
    writeFileSync(join(at, "grid.py"), example("python", "grid.py"));
    const program = `${process.execPath} ${join(root, "dist/src/cli/main.js")}`;
    const [, grid, agents] = await run(commands("python grid.py tcp"), "23500", { at, program });
    expect(agents!.code, agents!.output).toBe(0);
    expect(grid!.output).toContain("3 0.01");
  });

  it("starts from a runner file of `helics run`", async () => {
    const own = String(await freePort());
    const runner = example("json", "federation.json").replaceAll("23500", own);
    const command = `${cosimas} federate agents.ts --timeout 60`;
    writeFileSync(join(folder, "federation.json"), runner.replace("npx cosimas federate agents.ts", command));
    const helics = start("bash", ["-c", `cd ${folder} && exec helics run --path=federation.json`], env);
    expect(await helics.ended, helics.output()).toBe(0);
    expect(readFileSync(join(folder, "grid.log"), "utf8")).toContain("3 0.01");
    expect(readFileSync(join(folder, "agents.log"), "utf8")).toMatch(/4 grants and 4 steps/);
  });

  it("lets two populations call each other", async () => {
    writeFileSync(join(folder, "region.ts"), example("ts", "region.ts"));
    const [, north, south] = await run(commands("--population south"), "23540");
    for (const { code, output } of [north!, south!]) {
      expect(code, output).toBe(0);
      expect(output).toMatch(/left at 10 s after 20 grants, 2 messages to others and 2 from them, trace hash/);
    }
  });

  it("records two populations, one on two containers, that can be replayed", async () => {
    writeFileSync(join(folder, "region.ts"), example("ts", "region.ts"));
    const [, ...both] = await run(commands("--record south.mcap"), "23560");
    for (const { code, output } of both) expect(code, output).toBe(0);
    const hashOf = ({ output }: { output: string }) => /trace hash ([0-9a-f]{16})/.exec(output)![1];
    const replayed = start("bash", ["-c", `cd ${folder} && exec ${cosimas} replay south.mcap`], env);
    expect(await replayed.ended, replayed.output()).toBe(0);
    expect(replayed.output()).toContain(`trace hash ${hashOf(both[1]!)}`);
  });
});
