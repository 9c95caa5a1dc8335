import { copyValue } from "../codec/index.ts";
import { AgentError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { AgentClass } from "./agent.ts";
import type { AgentRecord } from "./record.ts";

/**
 * Copies of an agent's fields or getters that its class lists in `outputs`.
 *
 * @throws {@link AgentError} `ERR_AGENT_OUTPUT` for a name that is not listed.
 */
export function readOutputs(record: AgentRecord, names: readonly string[], limits: Limits): Record<string, unknown> {
  const { id, type, agent } = record;
  const allowed = (agent!.constructor as unknown as AgentClass).outputs;
  const values: Record<string, unknown> = {};
  for (const name of names) {
    if (!allowed.includes(name)) {
      const text = `agent "${id}" (${type}) has no output "${name}"; it has ${allowed.join(", ") || "none"}`;
      throw new AgentError("ERR_AGENT_OUTPUT", text, { agent: id, method: name });
    }
    values[name] = copyValue((agent as unknown as Record<string, unknown>)[name], limits, `${id}.${name}`);
  }
  return values;
}
