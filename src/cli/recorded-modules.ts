import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { registeredClasses, registeredNames } from "../agent/agent-classes.ts";
import type { CommunicationModel } from "../agent/index.ts";
import { Agent, type AgentClass } from "../agent/index.ts";
import type { ValueType } from "../codec/index.ts";
import { RecordingError, ScenarioError } from "../errors.ts";
import type { RunHeader } from "../observe/index.ts";
import { moduleUrl } from "./load-module.ts";

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
