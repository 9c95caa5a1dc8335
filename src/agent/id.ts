import { AgentError } from "../errors.ts";

/** Length of an agent's id in code units, at most. */
const ID_LENGTH_MAX = 255;

/** Visible characters without `#`, which separates an event's number; `@` first is for what is no agent. */
const ID = /^(?!@)[^\s#\p{Cc}]+$/u;

/**
 * Check the id of an agent: 1 to 255 code units, no white space, no control characters, no `#`, no `@` in front.
 *
 * @returns The id.
 * @throws {@link AgentError} `ERR_AGENT_ID`.
 */
export function checkAgentId(id: unknown): string {
  if (typeof id === "string" && id.length <= ID_LENGTH_MAX && ID.test(id) && id.isWellFormed()) return id;
  throw new AgentError(
    "ERR_AGENT_ID",
    `an agent's id has 1 to ${ID_LENGTH_MAX} characters without white space and "#", and does not start with "@"; got ${JSON.stringify(id)}`,
  );
}
