/**
 * Python environments for tests that compare with Python packages: made once under `.venv/`, pinned, shared by test processes.
 *
 * An environment belongs to one requirements file `requirements-<set>-py312.txt` (Python 3.12 and newer) or `-py311.txt`, and to
 * one Python version: its name has a hash over both, so a changed pin makes a new environment. `<name>.ready` names the folder
 * and is written last. Each attempt has a folder of its own: the pip of a killed attempt may still be writing to the old one.
 */

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The interpreter of a ready environment, or why there is none: skip the tests with that reason. */
export type PythonEnvironment =
  | { readonly python: string; readonly reason?: never }
  | { readonly python?: never; readonly reason: string };

interface Interpreter {
  readonly path: string;
  /** Full version, as `3.13.0`. */
  readonly version: string;
  readonly minor: number;
}

/** How long to make an environment, or to wait for another process that makes it. */
const CREATE_MS_MAX = 300_000;
/** A lock this old was abandoned, whatever process has its id now. */
const LOCK_MS_MAX = CREATE_MS_MAX + 30_000;

const support = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../.venv/", import.meta.url));

/**
 * A Python with the packages of one set of requirements, made if it is not there yet.
 *
 * @param set - Name in `test/support/requirements-<set>-py3xx.txt`.
 * @returns The interpreter's path; or the reason why there is none (no Python, packages could not be installed).
 * @throws Error with that reason instead, if the environment variable `CI` is `true`: there such tests never skip.
 */
export async function pythonEnvironment(set: string): Promise<PythonEnvironment> {
  try {
    return { python: await ready(set) };
  } catch (error) {
    const reason = `no Python environment "${set}": ${error instanceof Error ? error.message : String(error)}`;
    if (process.env["CI"] === "true") throw new Error(reason, { cause: error });
    return { reason };
  }
}

/** Folder of a package of an environment. */
export function packageFolder(python: string, name: string): string {
  const look = `import importlib.util as u; print(u.find_spec('${name}').submodule_search_locations[0])`;
  return execFileSync(python, ["-c", look], { encoding: "utf8" }).trim();
}

async function ready(set: string): Promise<string> {
  const interpreter = findInterpreter((minor) => existsSync(requirementsFile(set, minor)));
  const requirements = requirementsFile(set, interpreter.minor);
  const hash = createHash("sha256").update(interpreter.version).update("\n").update(pins(requirements));
  const name = `${set}-${hash.digest("hex").slice(0, 12)}`;
  const marker = join(root, `${name}.ready`);
  mkdirSync(root, { recursive: true });
  await withLock(join(root, `${name}.lock`), async () => {
    if (existsSync(marker)) return;
    const attempt = `${name}-${process.pid}`;
    const folder = join(root, attempt);
    rmSync(folder, { recursive: true, force: true });
    await run(interpreter.path, ["-m", "venv", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", requirements];
    await run(interpreterIn(folder), pip);
    writeFileSync(marker, attempt);
  });
  return interpreterIn(join(root, readFileSync(marker, "utf8")));
}

/** The text of a requirements file and of those that it includes by `-r`. */
function pins(file: string): string {
  const text = readFileSync(file, "utf8");
  const included = [...text.matchAll(/^-r (\S+)$/gm)].map(([, name]) => pins(join(support, name!)));
  return [text, ...included].join("\n");
}

function interpreterIn(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function requirementsFile(set: string, minor: number): string {
  return join(support, `requirements-${set}-${minor >= 12 ? "py312" : "py311"}.txt`);
}

/** The first that runs of: Python 3.13, 3.12, newer ones, then 3.11; by name on the path, then below pyenv. */
function findInterpreter(usable: (minor: number) => boolean): Interpreter {
  const names = ["python3.13", "python3.12", "python3", "python", "python3.11", ...pyenvInterpreters()];
  const found = names.map(probe).filter((p): p is Interpreter => p !== undefined && p.minor >= 11 && usable(p.minor));
  const rank = ({ minor }: Interpreter) => [13, 12, 14, 15].indexOf(minor) >>> 0;
  found.sort((x, y) => rank(x) - rank(y));
  const [first] = found;
  if (first === undefined) throw new Error("no Python 3.11 or newer with venv found on the path or below pyenv");
  return first;
}

function pyenvInterpreters(): string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, "bin", "python"));
}

/** Undefined if it is missing, not Python 3, without venv, or one of pyenv's shims that point nowhere. */
function probe(path: string): Interpreter | undefined {
  const program = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])";
  try {
    const version = execFileSync(path, ["-c", program], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [major, minor] = version.split(".").map(Number);
    return major === 3 && minor !== undefined ? { path, version, minor } : undefined;
  } catch {
    return undefined;
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: CREATE_MS_MAX, maxBuffer: 2 ** 24 }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else
        reject(new Error(`${command} ${args.join(" ")} failed: ${stderr.trim().split("\n").at(-1) ?? error.message}`));
    });
  });
}

/** One process at a time: `mkdir` succeeds for one. The folder holds the id of the process that has it. */
async function withLock(lock: string, work: () => Promise<void>): Promise<void> {
  const giveUpMs = performance.now() + LOCK_MS_MAX;
  while (!tryLock(lock)) {
    if (performance.now() > giveUpMs)
      throw new Error(`waited ${LOCK_MS_MAX} ms for ${lock}; remove it if nobody holds it`);
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, String(process.pid)), "");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  breakAbandonedLock(lock);
  return false;
}

/** By renaming it away, which succeeds for one process only. */
function breakAbandonedLock(lock: string): void {
  try {
    const [owner] = readdirSync(lock);
    const old = Date.now() - statSync(lock).mtimeMs > LOCK_MS_MAX;
    if (!old && (owner === undefined || isAlive(Number(owner)))) return;
    const abandoned = `${lock}.${process.pid}`;
    renameSync(lock, abandoned);
    rmSync(abandoned, { recursive: true });
  } catch (error) {
    // Somebody else has released or broken it.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
