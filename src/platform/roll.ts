import type { Counts } from "../kernel/kernel.ts";
import { combine } from "../kernel/tracer.ts";
import type { Changes } from "./orders.ts";

/** The agents of one container, as far as its reports have told. */
class Page {
  readonly ids: string[] = [];
  /** Two words for each agent, in the order of `ids`. */
  chains = new Int32Array(128);
}

/** All agents of a platform: which there are, the chains that make the trace hash, and what they have put out. */
export class Roll {
  readonly #pages: readonly Page[];
  /** What all containers have done. */
  readonly counts: Counts = { rounds: 0, deliveries: [0, 0, 0, 0, 0, 0, 0] };
  readonly #alive = new Set<string>();
  #outputEvents = new Map<string, Record<string, unknown>>();

  /** @param containers - Number of containers. */
  constructor(containers: number) {
    this.#pages = Array.from({ length: containers }, () => new Page());
  }

  /** Whether the agent lives, as of the last advance. */
  has(id: string): boolean {
    return this.#alive.has(id);
  }

  /** Take in what has changed in the container `index`. */
  note(index: number, { born, dead, chains, outputs }: Changes): void {
    const page = this.#pages[index]!;
    for (const id of born) {
      page.ids.push(id);
      this.#alive.add(id);
    }
    for (const id of dead) this.#alive.delete(id);
    for (const [agent, values] of outputs) {
      this.#outputEvents.set(agent, { ...this.#outputEvents.get(agent), ...values });
    }
    if (page.ids.length * 2 > page.chains.length) {
      const grown = new Int32Array(page.ids.length * 4);
      grown.set(page.chains);
      page.chains = grown;
    }
    for (let i = 0; i < chains.length; i += 3) {
      const at = chains[i]! * 2;
      page.chains[at] = chains[i + 1]!;
      page.chains[at + 1] = chains[i + 2]!;
    }
  }

  /** Take the events that agents have put out, as `Container.takeOutputEvents`. */
  takeOutputEvents(): Map<string, Record<string, unknown>> {
    const taken = this.#outputEvents;
    this.#outputEvents = new Map();
    return taken;
  }

  /** Hash over everything delivered to every agent, as `Container.traceHash`. */
  traceHash(): string {
    const agents = this.#pages.flatMap(({ ids, chains }) =>
      ids.map((id, i) => ({ id, chain: { a: chains[i * 2]!, b: chains[i * 2 + 1]! } })),
    );
    return combine(agents);
  }
}
