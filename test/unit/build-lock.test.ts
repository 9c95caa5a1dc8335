import { execFile } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locked } from "../../build-lock.mjs";

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cosimas-lock-"));
  lock = join(folder, "lock");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A process that writes "in", waits, and writes "out", within the lock. */
function worker(log: string): Promise<unknown> {
  const module = pathToFileURL(join(import.meta.dirname, "../../build-lock.mjs")).href;
  const program = `
    import { appendFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { locked } from ${JSON.stringify(module)};
    await locked(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(log)}, "in ");
      await setTimeout(50);
      appendFileSync(${JSON.stringify(log)}, "out ");
    });`;
  return promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
}

test("works of several processes come one after the other, and leave no lock", async () => {
  const log = join(folder, "log");
  await Promise.all([worker(log), worker(log), worker(log)]);
  expect(readFileSync(log, "utf8")).toBe("in out in out in out ");
  expect(existsSync(lock)).toBe(false);
});

test("a lock of a process that is gone does not count", async () => {
  const { pid } = await gone();
  mkdirSync(lock);
  writeFileSync(join(lock, "pid"), String(pid));
  expect(await locked(lock, async () => "done")).toBe("done");
});

test("a work that fails gives the lock back, and its error", async () => {
  const log = join(folder, "log");
  await expect(
    locked(lock, async () => {
      appendFileSync(log, "failed ");
      throw new Error("no build");
    }),
  ).rejects.toThrow("no build");
  await worker(log);
  expect(readFileSync(log, "utf8")).toBe("failed in out ");
});

/** A process that has ended. */
async function gone(): Promise<{ pid: number }> {
  const run = promisify(execFile)(process.execPath, ["-e", ""]);
  const { pid } = run.child;
  await run;
  return { pid: pid! };
}
