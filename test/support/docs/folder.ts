/**
 * A folder in which a page's blocks are run as a reader would run them: `cosimas` is installed there as its package would be,
 * `npm install` and `pip install` take what the tests have.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "./page.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real `npm`, but for `install`, which links what is installed here: a test downloads nothing. */
const NPM = `#!/usr/bin/env node
const { mkdirSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { spawnSync } = require("node:child_process");
const { dirname, join } = require("node:path");
const [command, ...rest] = process.argv.slice(2);
if (command !== "install" && command !== "i") {
  const env = { ...process.env, PATH: process.env.DOCS_PATH };
  process.exit(spawnSync("npm", process.argv.slice(2), { stdio: "inherit", env }).status ?? 1);
}
const link = (from, to) => {
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true, recursive: true });
  symlinkSync(from, to);
};
for (const name of rest.filter((word) => !word.startsWith("-"))) {
  const installed = name === "cosimas" ? process.env.DOCS_PACKAGE : join(process.env.DOCS_ROOT, "node_modules", name);
  if (!existsSync(installed)) { console.error("npm install " + name + ": the tests do not have it"); process.exit(1); }
  link(installed, join("node_modules", name));
  const { bin = {} } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const programs = typeof bin === "string" ? { [name.split("/").at(-1)]: bin } : bin;
  mkdirSync("node_modules/.bin", { recursive: true });
  for (const [program, file] of Object.entries(programs)) {
    const script = '#!/bin/sh\\nexec node "' + join(installed, file) + '" "$@"\\n';
    writeFileSync(join("node_modules/.bin", program), script, { mode: 0o755 });
  }
}
`;

/** Says whether packages are there, and installs none. */
const PIP = `#!/bin/sh
shift
for name in "$@"; do case "$name" in -*) ;; *) python -m pip show -q "$name" || exit 1 ;; esac; done
`;

export class DocsFolder {
  readonly path: string;
  /** Where blocks are run: \`cd\` of one holds for those after it. */
  #here: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param python - An interpreter that is to be `python` and `python3`. */
  constructor(python: string | undefined) {
    mkdirSync(join(ROOT, "out"), { recursive: true });
    this.path = mkdtempSync(join(ROOT, "out", "docs-")); // inside the repository, so that what cosimas needs is found
    this.#here = join(this.path, "work");
    const programs = join(this.path, "programs");
    for (const folder of [this.#here, programs]) mkdirSync(folder);
    writeFileSync(join(programs, "package.json"), "{}");
    for (const [name, text] of [["npm", NPM] as const, ["pip", PIP] as const]) {
      writeFileSync(join(programs, name), text);
      chmodSync(join(programs, name), 0o755);
    }
    const installed = installPackage(this.path);
    const path = [programs, ...(python === undefined ? [] : [dirname(python)]), process.env["PATH"]].join(delimiter);
    const { NODE_OPTIONS: _options, VITEST: _vitest, FORCE_COLOR: _color, ...rest } = process.env;
    this.#env = {
      ...rest,
      PATH: path,
      DOCS_PATH: process.env["PATH"],
      DOCS_PACKAGE: installed,
      DOCS_ROOT: ROOT,
      NO_COLOR: "1",
      PYTHONPATH: join(ROOT, "test/support/docs/python"),
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONWARNINGS: "ignore",
      npm_config_update_notifier: "false",
    };
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#here, name), text);
  }

  take(file: string): void {
    copyFileSync(join(ROOT, file), join(this.#here, file.split("/").at(-1)!));
  }

  /** Run commands by bash until all have ended, those in the background as well; the first that fails ends them. */
  async shell(commands: string, timeoutMs: number): Promise<Outcome> {
    const where = join(this.path, "where");
    const wait = 'for job in $(jobs -p); do wait "$job" || [ $? -eq 143 ]; done'; // 143: the commands have ended it
    const script = `set -eo pipefail\ntrap 'pwd > ${where}' EXIT\n${commands}\n${wait}\n`;
    const outcome = await this.#run("bash", ["-c", script], timeoutMs);
    this.#here = readFileSync(where, "utf8").trim();
    return outcome;
  }

  program(language: string, name: string, timeoutMs: number): Promise<Outcome> {
    return language === "python"
      ? this.#run("python", [name], timeoutMs)
      : this.#run(process.execPath, ["--import", import.meta.resolve("tsx"), name], timeoutMs);
  }

  /** Whether Python can compile it. */
  compile(text: string): Promise<Outcome> {
    return this.#run("python", ["-c", "import sys; compile(sys.argv[1], 'fragment', 'exec')", text], 60_000);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #run(command: string, args: readonly string[], timeoutMs: number): Promise<Outcome> {
    const child = spawn(command, args, {
      cwd: this.#here,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return ended(child, timeoutMs);
  }
}

/** `cosimas` as it would be installed below a folder, for programs in that folder. @returns the package's folder. */
export function installPackage(folder: string): string {
  const installed = join(folder, "node_modules", "cosimas");
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  mkdirSync(installed);
  copyFileSync(join(ROOT, "package.json"), join(installed, "package.json"));
  symlinkSync(join(ROOT, "dist"), join(installed, "dist"));
  for (const [name, file] of [
    ["cosimas", "dist/src/cli/main.js"],
    ["tsx", "node_modules/tsx/dist/cli.mjs"],
  ] as const) {
    const script = `#!/bin/sh\nexec node "${join(ROOT, file)}" "$@"\n`;
    writeFileSync(join(folder, "node_modules", ".bin", name), script, { mode: 0o755 });
  }
  return installed;
}

function ended(child: ChildProcess, timeoutMs: number): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    const killed = setTimeout(() => {
      process.kill(-child.pid!, "SIGKILL"); // it leads a group of its own
      stderr += `\nnot over after ${timeoutMs} ms`;
    }, timeoutMs);
    child.once("error", reject);
    child.once("exit", () => {
      try {
        process.kill(-child.pid!, "SIGTERM"); // what is left of the group
      } catch {
        // nothing is
      }
    });
    child.once("close", (code) => {
      clearTimeout(killed);
      resolve({ code, stdout, stderr });
    });
  });
}
