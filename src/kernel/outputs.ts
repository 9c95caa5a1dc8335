import { AgentError } from "../errors.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";
import { byCodeUnits } from "./round.ts";

/** Events that agents have put out and nobody has taken yet: at most one of each output of each agent. */
export class OutputEvents {
  #byAgent = new Map<string, Record<string, unknown>>();

  /** Note an event; it takes the place of an earlier one of the same output. */
  put(agent: string, output: string, value: unknown): void {
    const events = this.#byAgent.get(agent);
    if (events === undefined) this.#byAgent.set(agent, { [output]: value });
    else events[output] = value;
  }

  /** Take all of them, in the order of agents, whichever of them was first; they belong to the caller. */
  take(): Map<string, Record<string, unknown>> {
    const taken = this.#byAgent;
    if (taken.size === 0) return taken;
    this.#byAgent = new Map();
    return byAgent(taken);
  }

  /** Drop those of an agent that could not be made. */
  forget(agent: string): void {
    this.#byAgent.delete(agent);
  }
}

/** The same in the order of agents. */
export function byAgent<T>(values: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...values].sort(([a], [b]) => byCodeUnits(a, b)));
}

/** @throws {@link AgentError} `ERR_AGENT_OUTPUT` for a name that the agent's class does not list in `outputs`. */
export function checkOutput({ id, type }: AgentRecord, name: string): void {
  const { outputs } = type;
  if (outputs.includes(name)) return;
  const text = `agent "${id}" (${type.name}) has no output "${name}"; it has ${outputs.join(", ") || "none"}`;
  throw new AgentError("ERR_AGENT_OUTPUT", text, { agent: id, method: name });
}

/**
 * Copies of an agent's fields or getters that its class lists in `outputs`.
 *
 * @throws {@link AgentError} `ERR_AGENT_OUTPUT` for a name that is not listed.
 */
export function readOutputs(record: AgentRecord, names: readonly string[], kernel: Kernel): Record<string, unknown> {
  const agent = record.agent as unknown as Record<string, unknown>;
  const values: Record<string, unknown> = {};
  for (const name of names) {
    checkOutput(record, name);
    values[name] = kernel.copyOut(agent[name], `${record.id}.${name}`);
  }
  return values;
}
