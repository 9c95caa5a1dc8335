import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { EventsAnswer, Frame, Question, RunInfo } from "../model/protocol.ts";
import { type Source, source } from "./source.ts";
import { onUrl, param } from "./url.ts";

/** Wall time between two times that the same is asked of a run that goes on, in milliseconds. */
const ASK_MS = 200;

/** The run as it is; drawn again whenever it changes. */
export function useRun(): Source {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => source.listen(() => draw(undefined as never)), []);
  return source;
}

/** Draw again when the URL changes. */
export function useUrl(): void {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onUrl(() => draw(undefined as never)), []);
}

/** What is known of an answer. The last one stays until the next is there: nothing jumps. */
export interface Answered<T> {
  readonly data: T | undefined;
  readonly error: string;
}

/**
 * Ask, and ask again when the question or the run changes.
 *
 * @param question - Undefined: nothing is asked.
 */
export function useAnswer<T>(question: Question | undefined): Answered<T> {
  const [answered, setAnswered] = useState<Answered<T>>({ data: undefined, error: "" });
  const asker = useRef<Asker>();
  useEffect(() => {
    const own = new Asker((data, error) =>
      setAnswered((old) => (error === "" ? { data: data as T, error } : { ...old, error })),
    );
    asker.current = own;
    const end = source.listen(() => own.look());
    return () => {
      end();
      own.close();
    };
  }, []);
  const key = question === undefined ? "" : JSON.stringify(question);
  useEffect(() => asker.current?.want(question, key), [key]);
  return answered;
}

/** Asks one question at a time, not more often than is of use. */
class Asker {
  readonly #told: (data: unknown, error: string) => void;
  #question: Question | undefined;
  #key = "";
  #asked = "";
  #toldKey = "";
  #askedRevision = -1;
  #busy = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = true;

  constructor(told: (data: unknown, error: string) => void) {
    this.#told = told;
  }

  want(question: Question | undefined, key: string): void {
    this.#question = question;
    this.#key = key;
    this.look();
  }

  look(): void {
    const revision = source.frame?.revision ?? -1;
    const isNew = this.#key !== this.#asked;
    if (
      !this.#open ||
      this.#busy ||
      this.#question === undefined ||
      (source.link !== "open" && source.link !== "report")
    )
      return;
    if (!isNew && revision === this.#askedRevision) return;
    const waitMs = isNew ? 0 : this.#lastMs + ASK_MS - performance.now();
    if (waitMs > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.look();
      }, waitMs);
      return;
    }
    void this.#ask(this.#question, this.#key, revision);
  }

  async #ask(question: Question, key: string, revision: number): Promise<void> {
    this.#busy = true;
    this.#asked = key;
    this.#askedRevision = revision;
    this.#lastMs = performance.now();
    let [data, error]: [unknown, string] = [undefined, ""];
    try {
      data = await this.#answered(question, key);
    } catch (cause) {
      error = (cause as Error).message;
    }
    this.#busy = false;
    if (!this.#open) return;
    if (key === this.#key) {
      this.#toldKey = key;
      this.#told(data, error);
    }
    this.look();
  }

  /** The answer; of events all parts of it, told as they come. */
  async #answered(question: Question, key: string): Promise<unknown> {
    if (question.ask !== "events") return source.ask(question);
    const { limit, last = false } = question;
    let answer = await source.ask<EventsAnswer>(question);
    while (answer.next !== undefined && answer.events.length < limit && key === this.#key && this.#open) {
      // What is asked again keeps its last answer until the next is there as a whole.
      if (key !== this.#toldKey) this.#told(answer, "");
      const rest = { ...question, after: answer.next, limit: limit - answer.events.length };
      const more = await source.ask<EventsAnswer>(rest);
      const events = last ? [...more.events, ...answer.events] : [...answer.events, ...more.events];
      answer = { ...more, events };
    }
    return answer;
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }
}

/** Whether an answer's events are still looked for: one has less than was asked for, and there is more to look at. */
export function isLooking(answer: EventsAnswer | undefined, limit: number): boolean {
  return answer?.next !== undefined && answer.events.length < limit;
}

/** The time that is looked at: undefined is now, of a run that goes on, or the end of a recording. */
export function atOf(info: RunInfo | undefined): number | undefined {
  if (info === undefined || info.source === "live" || param("at") === "") return undefined;
  const at = Number(param("at"));
  return Number.isSafeInteger(at) && at >= 0 ? at : undefined;
}

/** The time that is looked at, as a number: of a recording that is still read the last that has been. */
export function nowOf(info: RunInfo | undefined, frame: Frame | undefined): number {
  return atOf(info) ?? (frame?.phase === "reading" ? frame.ticks : frame?.span[1]) ?? 0;
}

/** Width of the window, in pixels. */
export function useWidth(): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const resized = () => setWidth(innerWidth);
    addEventListener("resize", resized);
    return () => removeEventListener("resize", resized);
  }, []);
  return width;
}

/** A value that follows the given one after it has rested for a moment: what is typed. */
export function useRested<T>(value: T, ms = 150): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
