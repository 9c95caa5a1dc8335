import { AgentError, type Tag } from "../errors.ts";
import type { AgentRecord } from "./record.ts";
import { byCodeUnits } from "./round.ts";

/** All agents of a container, those that were removed included: their ids are never used again. */
export class Registry implements Iterable<AgentRecord> {
  readonly #records = new Map<string, AgentRecord>();
  /** Ranks are to be given anew: an agent was added. */
  #stale = false;

  get(id: string): AgentRecord | undefined {
    return this.#records.get(id);
  }

  [Symbol.iterator](): Iterator<AgentRecord> {
    return this.#records.values();
  }

  /**
   * Take in a new agent's record.
   *
   * @throws {@link AgentError} `ERR_AGENT_DUPLICATE`: an id is used once in a run.
   */
  add(record: AgentRecord, tag: Tag): void {
    const { id } = record;
    if (this.#records.has(id)) {
      const text = `there is or was an agent "${id}"; an id is used once in a run`;
      throw new AgentError("ERR_AGENT_DUPLICATE", text, { agent: id, tag });
    }
    this.#records.set(id, record);
    this.#stale = true;
  }

  /** Forget an agent that could not be made. */
  delete(record: AgentRecord): void {
    this.#records.delete(record.id);
  }

  /** Give every agent its place in the order of ids, if agents were added. */
  refreshRanks(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const records = [...this.#records.values()].sort((a, b) => byCodeUnits(a.id, b.id));
    for (const [rank, record] of records.entries()) record.rank = rank;
  }
}
