import { AgentError, type Tag } from "../errors.ts";
import type { AgentRecord } from "./record.ts";
import { byCodeUnits } from "./round.ts";

/** Agents without a rank are compared by their ids; ranks are given anew when they are more than this part of all. */
const UNRANKED_PART = 1 / 4;

/** All agents of a container, those that were removed included: their ids are never used again. */
export class Registry implements Iterable<AgentRecord> {
  readonly #records = new Map<string, AgentRecord>();
  /** Agents added since ranks were given. */
  #unranked = 0;

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
    this.#unranked++;
  }

  /** Forget an agent that could not be made. */
  delete(record: AgentRecord): void {
    this.#records.delete(record.id);
  }

  /**
   * Give every agent its place in the order of ids, once enough have none: each birth then costs the logarithm of the
   * population, however they come.
   */
  refreshRanks(): void {
    if (this.#unranked <= this.#records.size * UNRANKED_PART) return;
    this.#unranked = 0;
    const records = [...this.#records.values()].sort((a, b) => byCodeUnits(a.id, b.id));
    for (let rank = 0; rank < records.length; rank++) records[rank]!.rank = rank;
  }
}
