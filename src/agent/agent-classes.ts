import type { AgentClass } from "./agent.ts";

/** Classes of agents that were made known by {@link registerAgentClass}, by their names. */
const registered = new Map<string, Set<AgentClass>>();

/**
 * Let the containers of platforms find a class by its name although its module does not export it. Whatever uses a class
 * as a model calls this while the module loads, so that every container that loads the module knows it.
 */
export function registerAgentClass(type: AgentClass): void {
  const known = registered.get(type.name);
  if (known === undefined) registered.set(type.name, new Set([type]));
  else known.add(type);
}

/** The classes that were registered under this name; more than one if modules name theirs alike. */
export function registeredClasses(name: string): readonly AgentClass[] {
  return [...(registered.get(name) ?? [])];
}

/** Names of all registered classes, sorted. */
export function registeredNames(): readonly string[] {
  return [...registered.keys()].sort();
}
