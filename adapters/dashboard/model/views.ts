import {
  AGENTS_MAX,
  type AgentAnswer,
  type AgentLine,
  type AgentSort,
  type AgentsAnswer,
  type ChainAnswer,
  COLUMNS_MAX,
  type EventLine,
  type EventsAnswer,
  type NamesAnswer,
  PAIRS_MAX,
  type PairsAnswer,
  type Question,
  SERIES_MAX,
  type SeriesAnswer,
  type StateAnswer,
  type ValuesAnswer,
} from "./protocol.ts";
import { agentLine, OUTSIDE_ID, type RunState } from "./run-state.ts";
import type { SeriesStore } from "./series.ts";

type Ask<K extends Question["ask"]> = Extract<Question, { readonly ask: K }>;

/** What answers the page's questions: a live run, a recording, or what a report has of one. */
export interface RunView {
  answer(question: Question): unknown;
}

/** Answers from counts and series alone; events come from whoever has them. */
export abstract class StateView implements RunView {
  protected readonly series: SeriesStore;

  constructor(series: SeriesStore) {
    this.series = series;
  }

  /** Counts at a time, or now. */
  protected abstract stateAt(at: number | undefined): RunState | Promise<RunState>;
  protected abstract events(question: Ask<"events">): EventsAnswer | Promise<EventsAnswer>;
  protected abstract chain(question: Ask<"chain">): ChainAnswer | Promise<ChainAnswer>;
  protected abstract pairs(question: Ask<"pairs">): PairsAnswer | Promise<PairsAnswer>;

  answer(question: Question): unknown {
    switch (question.ask) {
      case "agents":
        return this.#with(question.at, (state) => agentsAnswer(state, question));
      case "agent":
        return this.#with(question.at, (state) => this.#agent(state, question.id));
      case "state":
        return this.#with(question.at, (state): StateAnswer => state.counts());
      case "events":
        return this.events(question);
      case "chain":
        return this.chain(question);
      case "names":
        return this.#names(question);
      case "series":
        return this.seriesAnswer(question);
      case "pairs":
        return this.pairs(question);
      case "values":
        return this.#values(question);
    }
  }

  protected seriesAnswer({ names, from, to, columns }: Ask<"series">): SeriesAnswer | Promise<SeriesAnswer> {
    const width = Math.min(COLUMNS_MAX, columns);
    return {
      series: names.slice(0, SERIES_MAX).flatMap((name) => {
        const series = this.series.get(name);
        return series === undefined ? [] : [{ name, ...series.range(from, to, width) }];
      }),
    };
  }

  #with<T>(at: number | undefined, then: (state: RunState) => T): T | Promise<T> {
    const state = this.stateAt(at);
    return state instanceof Promise ? state.then(then) : then(state);
  }

  #agent(state: RunState, id: string): AgentAnswer {
    const agent = state.agents.get(id);
    const received = [...(agent?.from ?? [])].map(([from, count]) => ({ from, to: id, count }));
    const sent: AgentAnswer["peers"][number][] = [];
    for (const other of state.agents.values()) {
      const count = other.from?.get(id);
      if (count !== undefined) sent.push({ from: id, to: other.id, count });
    }
    const peers = [...received, ...sent].sort((a, b) => b.count - a.count).slice(0, AGENTS_MAX);
    return { agent: agent && agentLine(agent), peers, series: this.series.namesOf(id) };
  }

  #names({ search = "", limit = 500 }: Ask<"names">): NamesAnswer {
    const wanted = search.toLowerCase();
    const all = [...this.series.names()].filter((name) => name.toLowerCase().includes(wanted)).sort(byName);
    return { names: all.slice(0, Math.min(limit, 2000)), total: all.length };
  }

  #values({ names, at }: Ask<"values">): ValuesAnswer {
    const values = names.slice(0, 2000).map((name) => {
      const value = this.series.get(name)?.at(at ?? Number.POSITIVE_INFINITY);
      return value === undefined || !Number.isFinite(value) ? null : value;
    });
    return { values };
  }
}

const KEYS: Record<AgentSort, (agent: AgentLine) => string | number> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  received: ({ received }) => received,
  sent: ({ sent }) => sent,
  last: ({ last }) => last,
  faults: ({ faults }) => faults,
};

function agentsAnswer(
  state: RunState,
  { search = "", sort = "id", down = false, limit = 200 }: Ask<"agents">,
): AgentsAnswer {
  const wanted = search.toLowerCase();
  const found = [...state.agents.values()].filter(
    ({ id, type }) => id !== OUTSIDE_ID && (id.toLowerCase().includes(wanted) || type.toLowerCase().includes(wanted)),
  );
  const key = KEYS[sort];
  found.sort((a, b) => {
    const [one, other] = [key(a as AgentLine), key(b as AgentLine)];
    const order = typeof one === "string" ? byName(one, other as string) : one - (other as number);
    return (down ? -order : order) || byName(a.id, b.id);
  });
  const agents = found.slice(0, Math.min(AGENTS_MAX, limit)).map(agentLine);
  const total = state.agents.size - (state.agents.has(OUTSIDE_ID) ? 1 : 0);
  return { agents, total, found: found.length };
}

/** Numbers within names count as numbers: PV-2 before PV-10. The same order wherever it runs. */
export function byName(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => name.replace(/\d+/g, (digits) => digits.padStart(12, "0")));
  return one! < other! ? -1 : one! > other! ? 1 : 0;
}

/** The largest pairs. */
export function pairsAnswer(later: RunState, earlier: RunState | undefined, since: number, limit = 500): PairsAnswer {
  const pairs = later.pairs(earlier);
  return { pairs: pairs.slice(0, Math.min(PAIRS_MAX, limit)), total: pairs.length, since };
}

/** Follows causes backwards through events that are given the last first. */
export class ChainWalk {
  readonly chain: EventLine[] = [];
  #wanted: string;
  /** Events of a chain that are shown. */
  static readonly MAX = 100;

  constructor(id: string) {
    this.#wanted = id;
  }

  /** The chain has its beginning, or is as long as it may get. */
  get done(): boolean {
    return this.#wanted === "" || this.chain.length >= ChainWalk.MAX;
  }

  /** What is looked for. */
  get wanted(): string {
    return this.#wanted;
  }

  /** @param make - Makes the row of the event, if it is wanted. */
  look(id: string, make: () => EventLine): void {
    if (id !== this.#wanted || this.done) return;
    const line = make();
    this.chain.push(line);
    this.#wanted = line.cause;
  }
}
