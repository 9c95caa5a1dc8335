/**
 * `npm run docs`, that is `node docs/.vitepress/build.mjs [--out FOLDER]`: writes the API by typedoc, builds the site and looks at its
 * links. Builds write to the same folders, so one waits for another.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { problemsOf } from "./check-site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lock = fileURLToPath(new URL(".lock", import.meta.url));
/** How long another build may take. */
const WAIT_MS_MAX = 600_000;
/** A lock without an owner after this time belongs to a build that was killed while it took it. */
const OWNERLESS_MS_MAX = 10_000;

const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = resolve(values.out ?? fileURLToPath(new URL("dist", import.meta.url)));

await locked(async () => {
  await run("typedoc/bin/typedoc");
  await run("vitepress/bin/vitepress.js", "build", "docs", "--outDir", out);
});
const problems = problemsOf(out);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);

/** Run a program of a package; the first that fails ends this one. */
function run(file, ...args) {
  const program = join(root, "node_modules", file);
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) done();
      else reject(new Error(`${file} ended with ${code ?? signal}`));
    });
  });
}

/** `mkdir` succeeds for one process. The folder holds its id; the lock of one that is gone does not count. */
async function locked(work) {
  const giveUp = performance.now() + WAIT_MS_MAX;
  while (!taken()) {
    if (performance.now() > giveUp) throw new Error(`waited ${WAIT_MS_MAX} ms for ${lock}`);
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function taken() {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (abandoned()) breakLock();
  return false;
}

/** By renaming it away, which succeeds for one process only. */
function breakLock() {
  try {
    renameSync(lock, `${lock}.${process.pid}`);
    rmSync(`${lock}.${process.pid}`, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // somebody else has
  }
}

function abandoned() {
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
