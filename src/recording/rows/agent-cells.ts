import type { Sender } from "../../kernel/order.ts";
import type { NameCell, NameDictionary } from "./names.ts";

/** Agents that are remembered, at most: 16 MB. */
const AGENTS_MAX = 2 ** 20;

/**
 * Cells of the names of agents, found by their rank: a look at a table rather than at a text. Ranks are given anew from time
 * to time, so who had a rank last stands beside its cell.
 */
export class AgentCells {
  readonly #names: NameDictionary;
  readonly #agents: (Sender | undefined)[] = [];
  readonly #cells: number[] = [];

  constructor(names: NameDictionary) {
    this.#names = names;
  }

  /** The cell of the agent's name, which is given one if it has none. */
  of(agent: Sender): NameCell {
    const { rank } = agent;
    return this.#agents[rank] === agent ? this.#cells[rank]! : this.#lookUp(agent, rank);
  }

  #lookUp(agent: Sender, rank: number): NameCell {
    const cell = this.#names.cell(agent.id);
    if (typeof cell === "number" && rank >= 0 && rank < AGENTS_MAX) {
      for (let next = this.#agents.length; next <= rank; next++) {
        this.#agents.push(undefined);
        this.#cells.push(0);
      }
      this.#agents[rank] = agent;
      this.#cells[rank] = cell;
    }
    return cell;
  }
}
