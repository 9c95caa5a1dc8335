import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { packageVersion } from "../../version.ts";
import { UsageError } from "../errors.ts";

/** A file of the template begins with `_` where npm or the guide would take it for its own. */
const HIDDEN: Readonly<Record<string, string>> = {
  "_package.json": "package.json",
  "_tsconfig.json": "tsconfig.json",
  "_README.md": "README.md",
  _gitignore: ".gitignore",
};

/** What a folder is called whose own name npm would not take. */
const PLAIN_NAME = "my-agents";

/** Add `cosimas init` to the program. */
export function addInitCommand(program: Command): void {
  program
    .command("init")
    .description("write a small project: a scenario, a test, a file for mosaik; it overwrites nothing")
    .argument("[folder]", "where; it is made if it is not there", ".")
    .helpOption("-h, --help", "print this help")
    .action((folder: string) => {
      const files = writeProject(folder);
      const to = relative(process.cwd(), resolve(folder));
      const lines = [
        ...files.map((name) => `  ${name}`),
        "",
        "Next:",
        ...(to === "" ? [] : [`  cd ${/\s/.test(to) ? JSON.stringify(to) : to}`]),
        "  npm install",
        "  npm start      run the scenario",
        "  npm test       run the test",
        "README.md says how to record it, look at it, and run it under mosaik.",
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}

/**
 * Write the project to `folder`: all of it, or nothing.
 *
 * @returns Names of the files.
 * @throws UsageError `ERR_INIT_EXISTS` naming a file that is there; `ERR_INIT_FOLDER` if the folder cannot be written.
 */
export function writeProject(folder: string): string[] {
  const template = join(dirname(createRequire(import.meta.url).resolve("cosimas/package.json")), "scenarios/template");
  const to = resolve(folder);
  const values: Readonly<Record<string, string>> = { name: packageName(basename(to)), version: `^${packageVersion()}` };
  const files = readdirSync(template)
    .filter((name) => statSync(join(template, name)).isFile())
    .map((name) => [HIDDEN[name] ?? name, filled(readFileSync(join(template, name), "utf8"), values)] as const);
  for (const [name] of files) {
    if (!existsSync(join(to, name))) continue;
    const where = join(folder, name);
    const text = `${where} is there, and nothing is overwritten; give another folder: cosimas init <folder>`;
    throw new UsageError("ERR_INIT_EXISTS", text);
  }
  try {
    mkdirSync(to, { recursive: true });
    // `wx`: not even what somebody has written meanwhile.
    for (const [name, text] of files) writeFileSync(join(to, name), text, { flag: "wx" });
  } catch (error) {
    throw new UsageError("ERR_INIT_FOLDER", `${folder} cannot be written: ${(error as Error).message}`);
  }
  return files.map(([name]) => name);
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all);
}

/** A name that npm takes, as near to the folder's as can be. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 200);
  return name === "" || name === "cosimas" || name === "node-modules" ? PLAIN_NAME : name;
}
