import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** The scenario that docs/mosaik.md moves over: both programs as they stand there. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik");
const text = readFileSync(join(root, "docs/mosaik.md"), "utf8");
const inPython = /```python\n(# demo_1.py\n[\s\S]*?)```/.exec(text)![1]!;
const inTypeScript = /```ts\n(\/\/ demo_1.ts\n[\s\S]*?)```/.exec(text)![1]!;
const printed = /Both print,[^`]*`[^`]*`[^`]*```\n([\s\S]*?)```/.exec(text)![1]!;

describe.skipIf(reason !== undefined)(
  `the tutorial of docs/mosaik.md${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    it("prints the same under mosaik and under World", { timeout: 120_000 }, async () => {
      mkdirSync(join(root, "out"), { recursive: true });
      const folder = mkdtempSync(join(root, "out", "tutorial-"));
      try {
        writeFileSync(join(folder, "demo_1.py"), inPython);
        writeFileSync(join(folder, "demo_1.ts"), inTypeScript);
        const fixtures = join(root, "test/interop/fixtures/tutorial");
        for (const name of ["example_sim.py", "collector.py"]) copyFileSync(join(fixtures, name), join(folder, name));
        // World's %(python)s is the python3 of the path.
        const env = { ...process.env, PATH: `${dirname(python!)}${delimiter}${process.env["PATH"]}` };
        const options = { cwd: folder, env, timeout: 60_000 };
        const mosaik = await promisify(execFile)(python!, ["demo_1.py"], options);
        expect(mosaik.stdout).toBe(printed);
        const args = ["--conditions=cosimas:source", "--import", import.meta.resolve("tsx"), "demo_1.ts"];
        const world = await promisify(execFile)(process.execPath, args, options);
        expect(world.stdout).toBe("");
        const lines = world.stderr.split("\n").filter((line) => line.startsWith("[Collector-0] ExampleSim"));
        expect(lines.map((line) => `${line.slice("[Collector-0] ".length)}\n`).join("")).toBe(printed);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
