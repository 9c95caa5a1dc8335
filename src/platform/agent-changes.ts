import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/model.ts";
import { OutputEvents, type TakenEvents } from "../kernel/outside.ts";
import { combine } from "../kernel/tracer.ts";
import type { Changes } from "./protocol.ts";

/** Takes note of what changes among one container's agents, so that the coordinator knows it without asking for all. */
export class AgentChanges {
  readonly #kernel: Kernel;
  readonly #touched = new Set<AgentRecord>();
  readonly #numbers = new Map<AgentRecord, number>();
  readonly #ids: string[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    kernel.tracer.touched = this.#touched;
  }

  /** Note an agent that has been made and not been served. */
  made(record: AgentRecord): void {
    this.#touched.add(record);
  }

  /** Id of the agent that the coordinator knows by this number. */
  readonly idOf = (number: number): string => this.#ids[number]!;

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
    const { byAgent, lost } = this.#kernel.outputEvents.take();
    const outputs = [...byAgent];
    return { born, dead, chains, outputs, ...(lost > 0 && { lost }), deliveries: [...this.#kernel.counts.deliveries] };
  }

  #numberOf(record: AgentRecord, born: string[]): number {
    const known = this.#numbers.get(record);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(record, number);
    this.#ids.push(record.id);
    born.push(record.id);
    return number;
  }
}

/** Where an agent lives. */
export interface Place {
  /** Number of its container. */
  readonly container: number;
  /** Its number there, in the order in which the container has told of its agents. */
  readonly number: number;
}

/** The agents of one container, as far as its reports have told. */
class AgentsOfContainer {
  readonly ids: string[] = [];
  /** Deliveries to them, by kind. */
  deliveries: readonly number[] = [];
  /** Two words for each agent, in the order of `ids`. */
  chains = new Int32Array(128);
}

/** All agents of a platform: which there are, the chains that make the trace hash, and what they have put out. */
export class AgentDirectory {
  readonly #containers: readonly AgentsOfContainer[];
  readonly #alive = new Map<string, Place>();
  /** Agents that were removed so far. */
  deaths = 0;
  readonly #outputEvents: OutputEvents;

  /**
   * @param containers - Number of containers.
   * @param eventsMax - Events that are kept until somebody takes them, as `Limits.outputEventsMax`.
   */
  constructor(containers: number, eventsMax: number) {
    this.#outputEvents = new OutputEvents(eventsMax);
    this.#containers = Array.from({ length: containers }, () => new AgentsOfContainer());
  }

  /** Whether the agent lives, as of the last advance. */
  has(id: string): boolean {
    return this.#alive.has(id);
  }

  /** Where the agent lives, as of the last advance. */
  readonly placeOf = (id: string): Place | undefined => this.#alive.get(id);

  /** Take in what has changed in the container `index`. */
  note(index: number, { born, dead, chains, outputs, lost = 0, deliveries }: Changes): void {
    const known = this.#containers[index]!;
    known.deliveries = deliveries;
    for (const id of born) {
      this.#alive.set(id, { container: index, number: known.ids.length });
      known.ids.push(id);
    }
    this.deaths += dead.length;
    for (const id of dead) this.#alive.delete(id);
    this.#outputEvents.putAll({ byAgent: outputs, lost });
    if (known.ids.length * 2 > known.chains.length) {
      const grown = new Int32Array(known.ids.length * 4);
      grown.set(known.chains);
      known.chains = grown;
    }
    for (let i = 0; i < chains.length; i += 3) {
      const at = chains[i]! * 2;
      known.chains[at] = chains[i + 1]!;
      known.chains[at + 1] = chains[i + 2]!;
    }
  }

  /** Take the events that agents have put out, as `Container.takeAllOutputEvents`. */
  takeAllOutputEvents(): TakenEvents {
    return this.#outputEvents.take();
  }

  /** Deliveries to all agents, by kind. */
  get deliveries(): number[] {
    const sums = [0, 0, 0, 0, 0, 0, 0];
    for (const { deliveries } of this.#containers) {
      for (const [kind, count] of deliveries.entries()) sums[kind]! += count;
    }
    return sums;
  }

  /** Hash over everything delivered to every agent, as `Container.traceHash`. */
  traceHash(): string {
    const agents = this.#containers.flatMap(({ ids, chains }) =>
      ids.map((id, i) => ({ id, chain: { a: chains[i * 2]!, b: chains[i * 2 + 1]! } })),
    );
    return combine(agents);
  }

  /** The chain of each agent, as `Container.traceChains`. */
  traceChains(): { readonly id: string; readonly chain: readonly [number, number] }[] {
    return this.#containers.flatMap(({ ids, chains }) =>
      ids.map((id, i) => ({ id, chain: [chains[i * 2]!, chains[i * 2 + 1]!] as const })),
    );
  }
}
