import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRun, recoverRun, replay } from "cosimas";
import { afterAll, expect, it } from "vitest";
import { count } from "../support/heavy.ts";
import { Household, types } from "../support/recorded-agents.ts";

/** F16: runs that are killed while they are recorded. */
const KILLS = count("recorded runs killed", 5, 50);

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cosimas-killed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`every advance that was acknowledged before kill -9 is recovered and replays, ${KILLS} times`, {
  timeout: 600_000,
}, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const path = join(folder, `${kill}.mcap`);
    const args = ["--conditions=cosimas:source", "--import", "tsx", "test/support/recorded-run.ts", path];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(child, "close");
    let said = "";
    const after = 2_000 + Math.floor(Math.random() * 20_000);
    for await (const text of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
      said += text;
      if (said.length > after) child.kill("SIGKILL");
    }
    await closed;
    const acknowledged = Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
    expect(acknowledged).toBeGreaterThan(0);
    const whole = join(folder, `${kill}.recovered.mcap`);
    await recoverRun(path, whole);
    const run = await openRun(whole);
    expect(run.torn).toBe(false);
    await run.close();
    const result = await replay(whole, { classes: { Household }, types });
    expect(result.difference, `killed after ${acknowledged} s`).toBeUndefined();
    expect(result.advances).toBeGreaterThanOrEqual(acknowledged / 10 + 1);
  }
});
