import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { simulate } from "../../scenarios/ev-charging/night.ts";
import { readBaseLoad, STEPS } from "../../scenarios/ev-charging/site.ts";
import { pythonEnvironment } from "../support/python.ts";

/** Cars and stations under mosaik, with the grid in pandapower, against the run without them. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik-pandapower");

interface QuarterHour {
  readonly base_kw: number;
  readonly p_kw: readonly number[];
  readonly loading_percent: number;
}

describe.skipIf(reason !== undefined)(
  `ev-charging under mosaik${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-ev-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const scenario = (...args: string[]) =>
      promisify(execFile)(python!, ["scenarios/ev-charging/mosaik_pandapower.py", ...args], {
        cwd: root,
        timeout: 240_000,
        maxBuffer: 2 ** 26,
      });

    it("gives every station what it gets without mosaik, and prints what the README shows", async () => {
      const out = join(folder, "night.jsonl");
      const { stdout, stderr } = await scenario("--out", out, "--cosimas", "node dist/src/cli/main.js");
      expect(stderr).not.toMatch(/WARNING|ERROR|Traceback|cosimas:|Warning/);
      const readme = readFileSync(join(root, "scenarios/ev-charging/README.md"), "utf8");
      const [, shown = ""] = /```\n(houses and cars[\s\S]*?)```/.exec(readme) ?? [];
      expect(stdout.endsWith(shown)).toBe(true);

      const baseKw = readBaseLoad();
      const stationsKw = Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 22 : 11));
      const cars = Array.from({ length: 20 }, () => undefined);
      const { chargedKw } = await simulate({ baseKw, limitKw: 70, stationsKw, cars, seed: 1 });
      const lines = readFileSync(out, "utf8").trimEnd().split("\n");
      const underMosaik = lines.map((line) => JSON.parse(line) as QuarterHour);
      expect(underMosaik).toHaveLength(STEPS);
      expect(underMosaik.map(({ base_kw }) => base_kw)).toEqual(baseKw);
      const sums = underMosaik.map(({ p_kw }) => p_kw.reduce((sum, kw) => sum + kw, 0));
      expect(sums).toEqual(chargedKw);
      for (const { loading_percent } of underMosaik) expect(loading_percent).toBeLessThan(100);
    });
  },
);
