import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Agent, type AgentClass } from "../agent/agent.ts";
import { registeredClasses, registeredNames } from "../agent/agent-classes.ts";
import { agentExports } from "../agent/agent-modules.ts";
import type { ValueType } from "../codec/index.ts";
import { AgentError, ScenarioError } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import type { CommunicationModel } from "../kernel/communication.ts";

/**
 * Number of the container, from 0, in which the agent `id` lives. It must depend on its arguments alone: every container
 * asks it where to send.
 */
export type Placement = (id: string, containers: number) => number;

/** Spreads agents evenly by a hash of their ids. */
export const placeByHash: Placement = (id, containers) => {
  if (containers === 1) return 0;
  const hash = new Hash64();
  hash.string(id);
  return (hash.a >>> 0) % containers;
};

/**
 * The placement, checked on every call.
 *
 * @throws RangeError from the checked one, if `placement` gives no number of a container.
 */
export function checkedPlacement(placement: Placement, containers: number): (id: string) => number {
  if (placement === placeByHash) return (id) => placement(id, containers);
  return (id) => {
    const place = placement(id, containers);
    if (Number.isInteger(place) && place >= 0 && place < containers) return place;
    throw new RangeError(`placement of "${id}" must be a whole number from 0 to ${containers - 1}, got ${place}`);
  };
}

/** What every container of a platform knows: a module that each of them has loaded by itself. */
export interface AgentModule {
  /** As `file:///…/agents.ts`. */
  readonly url: string;
  /** Exported classes of agents, by the names under which they are exported. */
  readonly classes: ReadonlyMap<string, AgentClass>;
  /** Its export `types`: registered types, besides luxon's DateTime. */
  readonly types: readonly ValueType[];
  /** Its export `placement`; by default agents are spread by a hash of their ids. */
  readonly placement: Placement;
  /** Its export `communication`. */
  readonly communication: CommunicationModel | undefined;
  /** SHA-256 of the file, in hexadecimal: containers with another one do not fit. */
  readonly hash: string;
}

/**
 * Load a module of agents.
 *
 * @param url - Of a file, which this program can import.
 * @throws {@link ScenarioError} `ERR_SCENARIO_LOAD` if it does not load or exports no class of agents.
 */
export async function loadAgentModule(url: string): Promise<AgentModule> {
  const exported = await agentExports(url);
  const text = await readFile(fileURLToPath(url));
  const classes = new Map<string, AgentClass>();
  for (const [name, value] of Object.entries(exported)) if (isAgentClass(value)) classes.set(name, value);
  if (classes.size === 0 && registeredNames().length === 0) {
    const names = Object.keys(exported).join(", ") || "nothing";
    throw new ScenarioError("ERR_SCENARIO_LOAD", `the module ${url} exports no class of agents; it exports ${names}`);
  }
  const { types = [], placement = placeByHash, communication } = exported;
  return {
    url,
    classes,
    types: types as readonly ValueType[],
    placement: placement as Placement,
    communication: communication as CommunicationModel | undefined,
    hash: createHash("sha256").update(text).digest("hex"),
  };
}

/**
 * The class that the module exports as `name`, or that was registered while it was loaded.
 *
 * @throws AgentError `ERR_AGENT_CLASS`.
 */
export function classNamed(module: AgentModule, name: string): AgentClass {
  const type = module.classes.get(name) ?? soleRegistered(name);
  if (type !== undefined) return type;
  const known = [...new Set([...module.classes.keys(), ...registeredNames()])].join(", ");
  throw new AgentError(
    "ERR_AGENT_CLASS",
    `the platform's module exports no class "${name}" of agents; it exports ${known}`,
  );
}

/**
 * Name by which every container that has loaded the module finds the class; undefined if there is none.
 */
export function findName(module: AgentModule, type: AgentClass): string | undefined {
  if (module.classes.get(type.name) === type) return type.name;
  for (const [name, exported] of module.classes) if (exported === type) return name;
  return !module.classes.has(type.name) && soleRegistered(type.name) === type ? type.name : undefined;
}

/** As {@link findName}, or of a class given by its name. @throws AgentError `ERR_AGENT_CLASS` if there is none. */
export function nameOfClass(module: AgentModule, type: AgentClass | string): string {
  if (typeof type === "string") {
    classNamed(module, type);
    return type;
  }
  const name = findName(module, type);
  if (name !== undefined) return name;
  const known = [...module.classes.keys()].join(", ");
  const text = `the platform's module ${module.url} does not export the class ${type.name}: export it there; it exports ${known}`;
  throw new AgentError("ERR_AGENT_CLASS", text);
}

/** The registered class of this name, if it is one alone. */
function soleRegistered(name: string): AgentClass | undefined {
  const types = registeredClasses(name);
  return types.length === 1 ? types[0] : undefined;
}

function isAgentClass(value: unknown): value is AgentClass {
  return typeof value === "function" && value.prototype instanceof Agent;
}
