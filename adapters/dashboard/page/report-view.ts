import { lineFilter } from "../model/event-line.ts";
import type { ChainAnswer, EventLine, EventsAnswer, PairsAnswer, Question } from "../model/protocol.ts";
import type { ReportData } from "../model/report.ts";
import { RunState } from "../model/run-state.ts";
import { SeriesStore } from "../model/series.ts";
import { ChainWalk, pairsAnswer, StateView } from "../model/views.ts";

type Ask<K extends Question["ask"]> = Extract<Question, { readonly ask: K }>;

/** The answers of a report, from what is in it. */
export class ReportView extends StateView {
  readonly #data: ReportData;
  readonly #state = new RunState();

  constructor(data: ReportData, series: SeriesStore) {
    super(series);
    this.#data = data;
    const state = this.#state;
    const { ticks, round, steps, events, messages, agents, faults } = data.frame;
    Object.assign(state, { ticks, round, steps, events, messages, faults });
    state.addKinds(data.kinds);
    for (const line of data.agents) {
      const agent = state.of(line.id)!;
      Object.assign(agent, line, { from: new Map() });
    }
    for (const { from, to, count } of data.pairs) {
      const agent = state.of(to)!;
      agent.from ??= new Map();
      agent.from.set(from, count);
    }
    state.alive = agents;
  }

  protected stateAt(at: number | undefined): RunState {
    if (at === undefined || at >= this.#state.ticks || !this.#data.whole) return this.#state;
    const state = new RunState();
    for (const line of this.#data.events) {
      if (line.ticks > at) break;
      state.count(line);
    }
    for (const agent of state.agents.values()) {
      agent.type = this.#state.agents.get(agent.id)?.type ?? "";
      for (const full of this.series.namesOf(agent.id)) {
        const value = this.series.get(full)!.at(at);
        if (!Number.isNaN(value)) agent.values = { ...agent.values, [full.slice(agent.id.length + 1)]: value };
      }
    }
    return state;
  }

  protected events({ from, to, limit, last = false, filter }: Ask<"events">): EventsAnswer {
    const wanted = lineFilter(filter);
    const isIn = (line: EventLine) => line.ticks >= from && line.ticks <= to && wanted(line);
    const found = this.#data.events.filter(isIn);
    const events = last ? found.slice(-limit) : found.slice(0, limit);
    const until = this.#data.whole ? to : (this.#data.events.at(-1)?.ticks ?? 0);
    return { events, more: found.length > limit, since: 0, until };
  }

  protected chain({ id }: Ask<"chain">): ChainAnswer {
    const walk = new ChainWalk(id);
    for (const line of this.#data.events.toReversed()) walk.look(line.id, () => line);
    return { chain: walk.chain, note: walk.done ? "" : `${walk.wanted} is not in this report` };
  }

  protected pairs({ from, to, limit }: Ask<"pairs">): PairsAnswer {
    const isPart = this.#data.whole && from > 0;
    return pairsAnswer(this.stateAt(to), isPart ? this.stateAt(from - 1) : undefined, isPart ? from : 0, limit);
  }
}

/** Make a report's data answer. */
export function openReport(data: ReportData): ReportView {
  const series = new SeriesStore();
  for (const { name, times, values } of data.series) {
    const dot = name.lastIndexOf(".");
    const owner = data.agents.find(({ id }) => name.startsWith(`${id}.`))?.id ?? name.slice(0, dot);
    for (const [i, time] of times.entries()) {
      series.add(owner, name.slice(owner.length + 1), time, values[i] ?? Number.NaN);
    }
  }
  return new ReportView(data, series);
}
