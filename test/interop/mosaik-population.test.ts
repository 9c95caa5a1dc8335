import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** Agents as entities of a hybrid simulator under real mosaik: their own events are its steps. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik");

const AGENTS = "node dist/src/cli/main.js sim test/interop/fixtures/breakers.ts %(addr)s";

describe.skipIf(reason !== undefined)(
  `a hybrid population${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    it("is stepped by its inputs and by its agents' timers, and triggers others by changes and events only", async () => {
      const run = promisify(execFile)(python!, ["test/support/mosaik_population.py", AGENTS], {
        cwd: root,
        timeout: 120_000,
        env: { ...process.env, PYTHONHASHSEED: "0" },
      });
      const { stdout, stderr } = await run;
      expect(stderr).not.toMatch(/ERROR|Traceback|cosimas:/);
      const of = (who: string) => stdout.split("\n").filter((line) => line.startsWith(`${who} `));
      // At time 4 the currents are 11, 12 and 13 A: all three open, after 2.5, 0 and 1 s.
      expect(of("Opened")).toEqual([
        'Opened 4 {"Agents.b1": {"at": 4, "warned": 1}}',
        'Opened 5 {"Agents.b2": {"at": 5, "warned": 1}}',
        'Opened 7 {"Agents.b0": {"at": 6.5, "warned": 1}}',
      ]);
      // b1 warns b2, b2 warns b0, b0 warns b1; at first all have changed from nothing to 0.
      expect(of("Warned")).toEqual([
        'Warned 0 {"Agents.b0": 0, "Agents.b1": 0, "Agents.b2": 0}',
        'Warned 4 {"Agents.b2": 1}',
        'Warned 5 {"Agents.b0": 1}',
        'Warned 7 {"Agents.b1": 1}',
      ]);
      const closed = (value: boolean) =>
        `{${["L0", "L1", "L2"].map((line, i) => `"${line}": {"closed": {"Agents.b${i}": ${value}}}`).join(", ")}}`;
      expect(of("grid")).toEqual([
        `grid 0 ${closed(true)}`,
        `grid 4 ${closed(true)}`,
        `grid 8 ${closed(false)}`,
        `grid 12 ${closed(false)}`,
      ]);
    });
  },
);
