import type { TraceEvent, TraceSink } from "../../../src/index.ts";

/** The sinks that observe a world. */
export class Observers {
  readonly #sinks = new Set<TraceSink>();

  /** Whether there are any: events are made for them only. */
  get isObserved(): boolean {
    return this.#sinks.size > 0;
  }

  /** See `TraceSource.attach`. */
  attach(sink: TraceSink): () => void {
    const own: TraceSink = (batch) => sink(batch);
    this.#sinks.add(own);
    return () => {
      this.#sinks.delete(own);
    };
  }

  emit(batch: readonly TraceEvent[]): void {
    for (const sink of this.#sinks) sink(batch);
  }
}
