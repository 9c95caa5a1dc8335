import type { TraceEvent, TraceSink } from "../trace.ts";

/** The observers of a run. */
export class Sinks {
  readonly #sinks = new Set<TraceSink>();
  readonly #changed: () => void;

  /** @param changed - Called when an observer has come or gone. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** Observers that there are. */
  get size(): number {
    return this.#sinks.size;
  }

  /** See `TraceSource.attach`. */
  attach(sink: TraceSink): () => void {
    this.#sinks.add(sink);
    this.#changed();
    return () => this.#detach(sink);
  }

  /** Hand a batch to all of them; one that throws is detached and warned about, the run goes on. */
  give(batch: readonly TraceEvent[]): void {
    for (const sink of this.#sinks) {
      const detach = (error: unknown) => {
        this.#detach(sink);
        process.emitWarning(`an observer threw and was detached: ${error}`, { code: "COSIMAS_OBSERVER" });
      };
      try {
        const result: unknown = sink(batch);
        if (result instanceof Promise) result.catch(detach);
      } catch (error) {
        detach(error);
      }
    }
  }

  #detach(sink: TraceSink): void {
    this.#sinks.delete(sink);
    this.#changed();
  }
}
