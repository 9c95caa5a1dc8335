import { ForeignAwaitError, type Tag } from "../errors.ts";
import type { AgentRecord } from "./record.ts";

/**
 * The error of an agent that waited on something foreign.
 *
 * @param what - What it did when that was found, as "used sleep" or "ended".
 * @param method - Method that did it; undefined if only the open ones are known.
 */
export function foreignAwait(record: AgentRecord, what: string, method: string | undefined, tag: Tag) {
  const methods = method ?? (openMethods(record) || "code outside its handlers");
  return new ForeignAwaitError(
    "ERR_FOREIGN_AWAIT",
    `agent "${record.id}" ${what} in ${methods} after waiting on something that simulation time does not govern ` +
      "(a Node timer, file or socket); wrap it in this.external(() => …)",
    { agent: record.id, method: methods, tag },
  );
}

/** Names of the agent's open handlers, each once. */
export function openMethods(record: AgentRecord): string {
  return [...new Set(record.open.map((activity) => activity.name))].join(", ");
}
