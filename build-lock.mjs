/** Builds write to the same folders, so one waits for another: `npm run build` and `npm run docs` each have a lock. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long another build may take. */
const WAIT_MS_MAX = 600_000;
/** A lock without an owner after this time belongs to a build that was killed while it took it. */
const OWNERLESS_MS_MAX = 10_000;

/**
 * Do `work` while no other process holds the folder `lock`; wait for one that does.
 *
 * `mkdir` succeeds for one process. The folder holds its id; the lock of one that is gone does not count.
 */
export async function locked(lock, work) {
  const giveUp = performance.now() + WAIT_MS_MAX;
  while (!taken(lock)) {
    if (performance.now() > giveUp) throw new Error(`waited ${WAIT_MS_MAX} ms for ${lock}`);
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function taken(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (abandoned(lock)) breakLock(lock);
  return false;
}

/** By renaming it away, which succeeds for one process only. */
function breakLock(lock) {
  try {
    renameSync(lock, `${lock}.${process.pid}`);
    rmSync(`${lock}.${process.pid}`, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // somebody else has
  }
}

function abandoned(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
    return false;
  } catch (error) {
    if (error.code === "ESRCH") return true;
    if (error.code !== "ENOENT") return false;
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    return Date.now() - made > OWNERLESS_MS_MAX; // it has not written its id yet
  }
}
