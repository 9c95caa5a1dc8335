import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/model.ts";
import type { Changes } from "./orders.ts";

/** Takes note of what changes among one container's agents, so that the coordinator knows it without asking for all. */
export class Ledger {
  readonly #kernel: Kernel;
  readonly #touched = new Set<AgentRecord>();
  readonly #numbers = new Map<AgentRecord, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    kernel.tracer.touched = this.#touched;
  }

  /** Note an agent that has been made and not been served. */
  made(record: AgentRecord): void {
    this.#touched.add(record);
  }

  /** What has changed since the last call. */
  take(): Changes {
    const born: string[] = [];
    const dead: string[] = [];
    const chains = new Int32Array(this.#touched.size * 3);
    let at = 0;
    for (const record of this.#touched) {
      if (record.state === "removed") dead.push(record.id);
      chains[at++] = this.#numberOf(record, born);
      chains[at++] = record.chain.a;
      chains[at++] = record.chain.b;
    }
    this.#touched.clear();
    return { born, dead, chains, outputs: [...this.#kernel.outputEvents.take()] };
  }

  #numberOf(record: AgentRecord, born: string[]): number {
    const known = this.#numbers.get(record);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(record, number);
    born.push(record.id);
    return number;
  }
}
