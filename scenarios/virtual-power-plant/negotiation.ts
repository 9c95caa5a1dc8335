import { type AgentTopology, type Journal, Platform, type PopulationOptions } from "cosimas";
import type { Participant } from "./agents.ts";
import type { Schedule } from "./cohda.ts";

/** How a message travels: for 0.1 to 0.2 s, so that one may overtake another. */
const LINKS = { delay: 0.1, jitter: 0.1 };

/** Seconds within which agents have to agree; a negotiation takes about 10. */
const AGREED_S_MAX = 600;

/** An agent: its class in `agents.ts`, and what its constructor takes. */
export interface Member {
  readonly id: string;
  readonly type: "Participant" | "PvPlant" | "Storage";
  readonly args: readonly unknown[];
}

/** How agents live: seed, recording, and on how many containers. */
export interface NegotiationOptions extends Pick<PopulationOptions, "containers" | "isolation"> {
  readonly seed: number;
  readonly record?: Journal | undefined;
}

/** What agents have agreed on. */
export interface Agreement {
  /** By agent, watts for each interval. */
  readonly schedules: Readonly<Record<string, Schedule>>;
  /** Watts by which their sum is off the target, over all intervals; at most 0. */
  readonly fitness: number;
  /** Messages between agents, of this negotiation. */
  readonly messages: number;
  /** Simulated seconds until nobody had anything to tell. */
  readonly seconds: number;
}

const OUTPUTS = ["schedule_w", "fitness", "messages"] as const;

/** What is seen of an agent from outside. */
type Seen = Pick<Participant, (typeof OUTPUTS)[number]>;

/** Agents who agree on schedules; whoever creates them calls `close`. */
export class Negotiation {
  readonly #platform: Platform;
  readonly #ids: readonly string[];
  #messages = 0;

  private constructor(platform: Platform, ids: readonly string[]) {
    this.#platform = platform;
    this.#ids = ids;
  }

  /** @param topology - Who tells whom what it knows; connected, with all members. */
  static async create(
    members: readonly Member[],
    topology: AgentTopology,
    options: NegotiationOptions,
  ): Promise<Negotiation> {
    const { containers = 1, isolation = "inline", seed, record } = options;
    const platform = await Platform.create({
      ...{ containers, isolation, seed, record, communication: { links: LINKS } },
      module: new URL("agents.ts", import.meta.url),
    });
    try {
      const spawns = members.map(({ id, type, args }) =>
        platform.spawn(type, { id, args, neighbours: topology.neighbours(id) }),
      );
      await Promise.all(spawns);
    } catch (error) {
      await platform.close();
      throw error;
    }
    return new Negotiation(
      platform,
      members.map(({ id }) => id),
    );
  }

  /**
   * Tell an agent something from outside, at a time, and let all agree.
   *
   * @param atS - Simulated seconds, not before the last agreement.
   * @param progress - Told every simulated second how good the best solution is that anybody knows, and how long it took.
   */
  async agree(
    id: string,
    method: "sell" | "fail",
    args: readonly unknown[],
    atS: number,
    progress: (seconds: number, fitness: number) => void = () => {},
  ): Promise<Agreement> {
    const before = this.#messages;
    await this.#platform.advance(atS);
    this.#platform.input(id, method, args);
    for (let seconds = 0; seconds <= AGREED_S_MAX; seconds++) {
      const next = await this.#platform.advance(atS + seconds);
      const agreement = await this.#look(seconds, before);
      progress(seconds, agreement.fitness);
      if (next !== undefined) continue;
      this.#messages += agreement.messages;
      return agreement;
    }
    throw new Error(`agents have not agreed within ${AGREED_S_MAX} simulated seconds`);
  }

  traceHash(): string {
    return this.#platform.traceHash();
  }

  close(): Promise<void> {
    return this.#platform.close();
  }

  async #look(seconds: number, before: number): Promise<Agreement> {
    const values = await this.#platform.read(new Map(this.#ids.map((id) => [id, OUTPUTS])));
    const seen = this.#ids.map((id) => values.get(id) as unknown as Seen);
    const known = seen.flatMap(({ fitness }) => (fitness === null ? [] : [fitness]));
    return {
      schedules: Object.fromEntries(this.#ids.map((id, i) => [id, seen[i]!.schedule_w])),
      fitness: Math.max(...known),
      messages: seen.reduce((sum, { messages }) => sum + messages, 0) - before,
      seconds,
    };
  }
}
