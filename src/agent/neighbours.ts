import { AgentError } from "../errors.ts";
import { checkAgentId } from "./agent.ts";

/** Neighbours of one agent, at most. */
export const NEIGHBOURS_MAX = 100_000;

/**
 * Check the neighbours that a new agent is to have: ids, each once, and not its own. Whether there are such agents is not
 * looked at, since they may be made later, or elsewhere.
 *
 * @returns A copy; undefined if none were given.
 * @throws AgentError `ERR_AGENT_NEIGHBOURS`; `ERR_AGENT_ID` for what is no id.
 */
export function checkNeighbours(id: string, neighbours: readonly string[] | undefined): readonly string[] | undefined {
  if (neighbours === undefined) return undefined;
  const refuse = (text: string) =>
    new AgentError("ERR_AGENT_NEIGHBOURS", `neighbours of agent "${id}": ${text}`, { agent: id });
  if (neighbours.length > NEIGHBOURS_MAX) {
    throw refuse(`at most ${NEIGHBOURS_MAX} are allowed, got ${neighbours.length}`);
  }
  const known = new Set<string>();
  for (const neighbour of neighbours) {
    if (checkAgentId(neighbour) === id) throw refuse("it is its own neighbour; leave it out");
    if (known.has(neighbour)) throw refuse(`"${neighbour}" is there twice`);
    known.add(neighbour);
  }
  return [...known];
}
