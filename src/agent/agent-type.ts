import type { AgentType } from "../kernel/record.ts";
import { exposedMethods } from "../rpc/services.ts";
import type { AgentClass } from "./agent.ts";

const types = new WeakMap<AgentClass, AgentType>();

/**
 * What the engine knows about a class, read once.
 *
 * @throws TypeError if its `exposed` does not fit.
 */
export function agentType(type: AgentClass): AgentType {
  let known = types.get(type);
  if (known === undefined) {
    known = { name: type.name, exposed: exposedMethods(type), outputs: type.outputs };
    types.set(type, known);
  }
  return known;
}
