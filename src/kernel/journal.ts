import type { SimulationClock } from "../clock/simulation-clock.ts";
import type { Limits } from "../limits.ts";
import type { Gate, Journal, TraceSource } from "../trace.ts";
import type { CommunicationModel } from "./communication.ts";
import { type RowSink, takesRows } from "./trace/row.ts";

/** What a run has of which the journal is told. */
export interface JournaledRun {
  readonly seed: number | string;
  readonly strict: boolean;
  readonly communication: CommunicationModel | undefined;
  /** Files of agents' code, as `file:` URLs. */
  readonly modules: readonly string[];
  /** Those that differ from the defaults. */
  readonly limits: Partial<Limits> | undefined;
  /** Of one of several populations: their names and the delay between them, as plain data. */
  readonly populations?: object | undefined;
}

/** Let `journal` keep the run of `source` from its start on. */
export async function beginJournal(
  journal: Journal,
  source: TraceSource & { traceHash(): string; keepRows?(sink: RowSink): void },
  clock: SimulationClock,
  { seed, strict, communication, modules, limits = {}, populations }: JournaledRun,
): Promise<void> {
  const initTime = clock.time();
  const options = {
    strict,
    ...(initTime > 0 && { initTime }),
    limits,
    // A function is not data: whoever makes the run again has to have it.
    communication:
      typeof communication?.links === "function" ? { ...communication, links: "function" } : (communication ?? null),
    ...(populations !== undefined && { populations }),
  };
  const { ticksPerSecond } = clock.resolution;
  await journal.begin({ seed, start: clock.calendar.at(0).toISO()!, ticksPerSecond, modules, options }, source);
  if (source.keepRows !== undefined && takesRows(journal)) source.keepRows((rows) => journal.rows(rows));
  else source.attach((batch) => journal.events(batch));
}

/** What holds a run between its advances; one at a time. */
export class Hold {
  #gate: Gate | undefined;
  #release = (): void => {};

  /** @returns Lets the run go on without it. */
  set(gate: Gate): () => void {
    this.#gate = gate;
    return () => {
      if (this.#gate === gate) this.release();
    };
  }

  /** Hold the run no longer: it is to be closed. */
  release(): void {
    this.#gate = undefined;
    this.#release();
  }

  /** `advance`, whose end waits until the gate lets it go. One that fails is not held. */
  async after<T>(advance: Promise<T>, clock: SimulationClock): Promise<T> {
    const result = await advance;
    const held = this.#gate?.(clock.ticks);
    if (held === undefined) return result;
    const released = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    await Promise.race([held, released]);
    return result;
  }

  get isSet(): boolean {
    return this.#gate !== undefined;
  }
}

/** An advance whose end waits until the journal can be read again; what it throws itself comes first. */
export async function journaled<T>(journal: Journal | undefined, advance: Promise<T>): Promise<T> {
  if (journal === undefined) return advance;
  let result: T;
  try {
    result = await advance;
  } catch (error) {
    await journal.settle().catch(() => {});
    throw error;
  }
  await journal.settle();
  return result;
}

/** A journal that names the module with the agents' classes, as that of a platform does. */
export function naming(journal: Journal, module: URL | string): Journal {
  return {
    begin: (run) => journal.begin({ ...run, modules: [...run.modules, String(module)] }),
    feed: (...fed) => journal.feed(...fed),
    events: (batch) => journal.events(batch),
    settle: () => journal.settle(),
    end: (traceHash) => journal.end(traceHash),
  };
}
