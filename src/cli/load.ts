import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { registeredClasses, registeredNames } from "../agent/agent-classes.ts";
import { Agent, type AgentClass, type CommunicationModel } from "../agent/index.ts";
import type { ValueType } from "../codec/index.ts";
import { isScenario, type Scenario } from "../cosim/scenario.ts";
import { isServable, type Servable } from "../cosim/servable.ts";
import { RecordingError, ScenarioError } from "../errors.ts";
import type { RunHeader } from "../observing.ts";
import { readTypeScript } from "../platform/node-options.ts";
import { UsageError } from "./errors.ts";

/** What a module is loaded for. */
export interface ModuleKind<T> {
  /** Recognises the default export that is wanted. */
  readonly accepts: (exported: unknown) => exported is T;
  /** What makes such an export, as `defineScenario`. */
  readonly maker: string;
  /** The line that a module without it lacks. */
  readonly line: string;
  /** Files that stand for a folder. */
  readonly folderFiles: readonly string[];
}

/** Modules that `cosimas run` runs. */
export const SCENARIO: ModuleKind<Scenario> = {
  accepts: isScenario,
  maker: "defineScenario",
  line: "export default defineScenario({ … })",
  folderFiles: ["scenario.ts", "scenario.js", "scenario.mjs"],
};

/** Modules that `cosimas sim` serves. */
export const SIMULATOR: ModuleKind<Servable> = {
  accepts: (exported): exported is Servable => isServable(exported) && exported.protocol !== "helics",
  maker: "defineSimulator",
  line: "export default defineSimulator(() => …)",
  folderFiles: ["simulator.ts", "simulator.js", "simulator.mjs"],
};

/** Modules that `cosimas federate` lets take part in a HELICS federation. */
export const FEDERATE: ModuleKind<Servable> = {
  accepts: (exported): exported is Servable => isServable(exported) && exported.protocol === "helics",
  maker: "defineFederate",
  line: "export default defineFederate(() => …)",
  folderFiles: ["federate.ts", "federate.js", "federate.mjs"],
};

/**
 * Load what a module exports by default.
 *
 * @param given - Path of the module, or of a folder with one of the kind's files, from the present folder.
 * @throws UsageError `ERR_SCENARIO_NOT_FOUND` if there is no such file, `ERR_SCENARIO_NO_DEFAULT` if its default export
 *   is of another kind; {@link ScenarioError} `ERR_SCENARIO_LOAD` if the module throws while it loads.
 */
export async function loadModule<T>(given: string, kind: ModuleKind<T>): Promise<T> {
  const url = await moduleUrl(given, kind.folderFiles);
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (cause) {
    const text = `${given} does not load: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ScenarioError("ERR_SCENARIO_LOAD", text, { cause });
  }
  const exported = unwrapped(module.default, kind);
  if (kind.accepts(exported)) return exported;
  const found = exported === undefined ? "has no default export" : `exports ${nameOf(exported, kind)} by default`;
  throw new UsageError("ERR_SCENARIO_NO_DEFAULT", `${given} ${found}; write \`${kind.line}\``);
}

/**
 * Address of a module for `import`, which can read it from now on.
 *
 * @throws UsageError `ERR_SCENARIO_NOT_FOUND`, `ERR_SCENARIO_TYPESCRIPT`.
 */
export async function moduleUrl(given: string, folderFiles: readonly string[]): Promise<string> {
  const file = await locate(given, folderFiles);
  if (/\.[mc]?ts$/.test(file)) await enableTypeScript(given, file);
  return pathToFileURL(file).href;
}

async function locate(given: string, folderFiles: readonly string[]): Promise<string> {
  const path = resolve(given);
  const candidates = [path, ...folderFiles.map((name) => join(path, name))];
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const text = folder ? `the folder ${given} has no ${folderFiles.join(" or ")}` : `there is no file ${given}`;
  throw new UsageError("ERR_SCENARIO_NOT_FOUND", text);
}

/** A module that a loader took for CommonJS has its exports one level deeper. */
function unwrapped<T>(exported: unknown, { accepts }: ModuleKind<T>): unknown {
  if (accepts(exported) || typeof exported !== "object" || exported === null) return exported;
  const inner = (exported as { default?: unknown }).default;
  return accepts(inner) ? inner : exported;
}

function nameOf<T>(value: unknown, { maker }: ModuleKind<T>): string {
  if (value === null) return "null";
  return typeof value === "object" ? `an object that ${maker} has not made` : `a ${typeof value}`;
}

/**
 * Make `import` read TypeScript: Node does from 22.18 on; before that tsx does, if it is installed.
 *
 * @throws UsageError `ERR_SCENARIO_TYPESCRIPT` if neither is there.
 */
async function enableTypeScript(given: string, file: string): Promise<void> {
  const native = (process.features as { typescript?: unknown }).typescript;
  // This file runs as TypeScript itself: whoever started it has seen to that.
  if (native || import.meta.url.endsWith(".ts")) return;
  await loadLibrary(file);
  try {
    await readTypeScript();
  } catch (cause) {
    const advice = "run `npm i -D tsx`, or use Node 22.18 or newer";
    const text = `${given} is TypeScript, which Node ${process.versions.node} does not run by itself: ${advice}`;
    throw Object.assign(new UsageError("ERR_SCENARIO_TYPESCRIPT", text), { cause });
  }
}

/**
 * Load the parts of this package that a module names, as it will find them: through a loader of TypeScript each of their
 * files costs twice.
 */
async function loadLibrary(file: string): Promise<void> {
  const names = new Set((await readFile(file, "utf8")).match(/(?<=from\s*["'])cosimas(?:\/\w+)?(?=["'])/g));
  for (const name of names) {
    try {
      await import(pathToFileURL(createRequire(file).resolve(name)).href);
    } catch {
      // Whoever imports the module is told.
    }
  }
}

/** What a replay takes from modules of agents. */
export interface AgentCode {
  readonly classes: readonly AgentClass[];
  readonly types?: readonly ValueType[];
  readonly communication?: CommunicationModel;
  /** Modules that are not what was recorded: their names. */
  readonly changed: readonly string[];
}

/**
 * The agents' code for a replay: the modules given, or those that the recording names, if they lie below the present folder
 * and are what was recorded. A recording never names other code to load.
 *
 * @throws RecordingError `ERR_REPLAY_MODULE`; UsageError, ScenarioError as for any module.
 */
export async function agentCode(header: RunHeader, given: readonly string[]): Promise<AgentCode> {
  const names = given.length > 0 ? given : header.modules.map(({ path }) => path);
  if (names.length === 0) {
    throw new RecordingError("ERR_REPLAY_MODULE", "the recording names no module of agents; give one by --module");
  }
  const recorded = new Set(header.modules.map(({ sha256 }) => sha256));
  const changed: string[] = [];
  const exported: Record<string, unknown>[] = [];
  for (const name of names) {
    if (given.length === 0 && (name.startsWith("..") || resolve(name) === name)) {
      const text = `the recording names ${name}, which is not below this folder; give the module by --module`;
      throw new RecordingError("ERR_REPLAY_MODULE", text);
    }
    const url = await moduleUrl(name, []);
    const sha256 = createHash("sha256")
      .update(await readFile(fileURLToPath(url)))
      .digest("hex");
    if (!recorded.has(sha256)) {
      if (given.length === 0) {
        const text = `${name} is not what was recorded; if it is to be replayed all the same, give it by --module`;
        throw new RecordingError("ERR_REPLAY_MODULE", text);
      }
      changed.push(name);
    }
    exported.push(await load(name, url));
  }
  const all = Object.assign({}, ...exported) as { types?: readonly ValueType[]; communication?: CommunicationModel };
  const classes = exported.flatMap((module) => Object.values(module)).filter(isAgentClass);
  // Models of a population, which the module need not export.
  for (const name of registeredNames()) {
    if (!classes.some((type) => type.name === name)) classes.push(...registeredClasses(name));
  }
  const { types, communication } = all;
  return { classes, changed, ...(types && { types }), ...(communication && { communication }) };
}

async function load(name: string, url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    const text = `${name} does not load: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ScenarioError("ERR_SCENARIO_LOAD", text, { cause });
  }
}

function isAgentClass(value: unknown): value is AgentClass {
  return typeof value === "function" && value.prototype instanceof Agent;
}
