import { RecordingError } from "../errors.ts";
import { EVENT_KINDS, type EventFilter, eventFilter } from "../observe/filter.ts";
import { type Moment, secondsOf } from "../observe/moment.ts";
import { either, listOf, nested, number, type OptionChecks, string } from "../options.ts";
import type { TraceEvent } from "../trace.ts";
import type { RunFile } from "./reader.ts";

/** Which events of a recording are wanted; as an {@link EventFilter}, with times of its calendar, too. */
export interface RunFilter extends Omit<EventFilter, "from" | "to"> {
  /** Not before, and not after: seconds since the start, `18:00`, or ISO 8601 (UTC unless it says otherwise). */
  readonly from?: Moment;
  readonly to?: Moment;
}

/** Texts are read where the calendar is known, and names compared with those that the recording has. */
const MOMENT = either(number({ infinite: true, unit: "seconds" }), {
  ...string,
  allowed: "a time as 18:00 or ISO 8601",
});

const CHECKS: OptionChecks<RunFilter> = {
  agents: listOf(string),
  methods: listOf(string),
  kinds: listOf(string),
  from: MOMENT,
  to: MOMENT,
  causedBy: string,
};

/** A filter as an option. */
export const RUN_FILTER = nested(CHECKS);

/** Names that an error lists. */
const NAMES_SHOWN = 12;

/** Names that are remembered for it. */
const NAMES_KEPT = 100_000;

/**
 * The events of a recording that are wanted, in order, a batch at a time: a step of a generator for each event would cost
 * more than all that is done with it.
 *
 * @param onEntries - Told how many entries were read so far.
 * @throws RecordingError `ERR_RECORDING_FILTER` if it has no such kind, or at its end no such agent, method or event; the
 *   message says what there is.
 */
export async function* selected(
  run: RunFile,
  filter: RunFilter,
  onEntries: (entries: number) => void = () => {},
): AsyncGenerator<readonly TraceEvent[], void, undefined> {
  const { start, ticksPerSecond } = run.header;
  const { from, to, ...rest } = filter;
  const isWanted = eventFilter(
    {
      ...rest,
      ...(from !== undefined && { from: timeOf(from, start) }),
      ...(to !== undefined && { to: timeOf(to, start) }),
    },
    ticksPerSecond,
  );
  for (const kind of filter.kinds ?? []) if (!EVENT_KINDS.includes(kind)) throw unknown("kind", kind, EVENT_KINDS);
  const agents = new Wanted("agent", filter.agents ?? []);
  const methods = new Wanted("method", filter.methods ?? []);
  const events = new Wanted("event", filter.causedBy === undefined ? [] : [filter.causedBy]);
  let read = 0;
  for await (const batch of run.batches()) {
    const found: TraceEvent[] = [];
    for (const entry of batch) {
      if (entry.kind === "feed") continue;
      if (agents.isOpen) {
        if ("agent" in entry) agents.met(entry.agent);
        if ("peer" in entry) agents.met(entry.peer);
      }
      if (methods.isOpen && "method" in entry) methods.met(entry.method);
      if (events.isOpen) {
        if ("id" in entry) events.met(entry.id);
        if ("cause" in entry && entry.cause !== undefined) events.met(entry.cause);
      }
      if (isWanted(entry)) found.push(entry);
    }
    read += batch.length;
    onEntries(read);
    if (found.length > 0) yield found;
  }
  for (const wanted of [agents, methods, events]) wanted.assertMet();
}

function timeOf(moment: Moment, start: string): number {
  const seconds = secondsOf(moment, start);
  if (seconds !== undefined) return seconds;
  const forms = `seconds, a time of day as 18:00, or a calendar time as ${start.slice(0, 16)}`;
  throw new RecordingError("ERR_RECORDING_FILTER", `"${moment}" is no time: give ${forms}`);
}

/** Names that were asked for, until each was met, and the names that there are. */
class Wanted {
  readonly #what: string;
  readonly #missing: Set<string>;
  readonly #known = new Set<string>();

  constructor(what: string, names: readonly string[]) {
    this.#what = what;
    this.#missing = new Set(names);
  }

  get isOpen(): boolean {
    return this.#missing.size > 0;
  }

  met(name: string): void {
    this.#missing.delete(name);
    if (this.#known.size < NAMES_KEPT) this.#known.add(name);
  }

  assertMet(): void {
    const [name] = this.#missing;
    if (name !== undefined) throw unknown(this.#what, name, [...this.#known]);
  }
}

function unknown(what: string, name: string, known: readonly string[]): RecordingError {
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b) || (a < b ? -1 : 1));
  const shown = nearest.slice(0, NAMES_SHOWN).join(", ");
  const more = known.length > NAMES_SHOWN ? `, and ${known.length - NAMES_SHOWN} more` : "";
  const there = known.length === 0 ? "it has none" : `it has ${shown}${more}`;
  return new RecordingError("ERR_RECORDING_FILTER", `the recording has no ${what} "${name}"; ${there}`);
}

/** Pairs of neighbouring characters that only one of two names has: near names first. */
function distance(a: string, b: string): number {
  const pairs = (text: string) => new Set(Array.from({ length: text.length }, (_, i) => text.slice(i, i + 2)));
  const [one, other] = [pairs(a.toLowerCase()), pairs(b.toLowerCase())];
  let common = 0;
  for (const pair of one) if (other.has(pair)) common++;
  return one.size + other.size - 2 * common;
}
