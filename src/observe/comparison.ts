import { compareEvents } from "../kernel/order.ts";
import type { EventId, TraceEvent } from "../trace.ts";

/** Events whose causes can still be named, at least. */
const CAUSES_KEPT = 100_000;

/** Events of a causal chain that are shown. */
const CHAIN_MAX = 20;

/** Where two runs differ first. */
export interface Difference {
  /** `changed`: the event is there, and not the same; `missing`: only expected; `unexpected`: only there. */
  readonly what: "changed" | "missing" | "unexpected";
  /** The event as it should be, unless `unexpected`. */
  readonly expected: TraceEvent | undefined;
  /** The event as it is, unless `missing`. */
  readonly actual: TraceEvent | undefined;
  /**
   * Of `changed`: place of the first value that differs, as `content[0].kw`, and both values; `Object.keys(content[0])`
   * and both lists of keys if their order is all that differs.
   */
  readonly path: string | undefined;
  readonly values: readonly [expected: unknown, actual: unknown] | undefined;
  /** Events that led to it in the run that is, the last first: the event that caused it, its cause, and so on. */
  readonly causes: readonly TraceEvent[];
}

/** Compares two sequences of events as they come, and keeps what is needed to say how the first difference came about. */
export class Comparison {
  readonly #expected: TraceEvent[] = [];
  readonly #actual: TraceEvent[] = [];
  readonly #causes = new Causes();
  readonly #namesCauses: boolean;
  #compared = 0;
  #difference: Difference | undefined;

  /** @param namesCauses - False if whoever compares can find the causes of a difference later on; then it has none. */
  constructor(namesCauses = true) {
    this.#namesCauses = namesCauses;
  }

  /** Whether both sides have come to the same place: no event waits for its counterpart. */
  get isEven(): boolean {
    return this.#expected.length === 0 && this.#actual.length === 0;
  }

  /** Events that have happened and were taken in, from the first difference on. */
  get uncompared(): readonly TraceEvent[] {
    return this.#actual;
  }

  /** Take in events that are known to be the same on both sides, which are at the same place. */
  skip(events: number): void {
    this.#compared += events;
  }

  /** Events that were the same. */
  get compared(): number {
    return this.#compared;
  }

  /** The first difference; undefined while there is none. */
  get difference(): Difference | undefined {
    return this.#difference;
  }

  /** Take in what should have happened next, and what has. Nothing is looked at after the first difference. */
  push(expected: readonly TraceEvent[], actual: readonly TraceEvent[]): void {
    if (this.#difference !== undefined) return;
    if (this.#namesCauses) for (const event of actual) this.#causes.add(event);
    for (const event of expected) this.#expected.push(event);
    for (const event of actual) this.#actual.push(event);
    const length = Math.min(this.#expected.length, this.#actual.length);
    for (let i = 0; i < length; i++) {
      const difference = this.#between(this.#expected[i]!, this.#actual[i]!);
      if (difference === undefined) continue;
      this.#difference = difference;
      this.#compared += i;
      this.#actual.splice(0, i);
      return;
    }
    this.#compared += length;
    this.#expected.splice(0, length);
    this.#actual.splice(0, length);
  }

  /** Nothing more comes: what one side has left is the difference. */
  end(): Difference | undefined {
    const [expected] = this.#expected;
    const [actual] = this.#actual;
    if (this.#difference === undefined && (expected !== undefined || actual !== undefined)) {
      this.#difference = this.#alone(expected === undefined ? "unexpected" : "missing", expected ?? actual!);
    }
    return this.#difference;
  }

  #between(expected: TraceEvent, actual: TraceEvent): Difference | undefined {
    const at = firstDifference(expected, actual, "");
    if (at === undefined) return undefined;
    const order = compareEvents(expected, actual);
    if (order < 0) return this.#alone("missing", expected);
    if (order > 0) return this.#alone("unexpected", actual);
    const causes = this.#causes.of(actual);
    return { what: "changed", expected, actual, path: at.path, values: at.values, causes };
  }

  #alone(what: "missing" | "unexpected", event: TraceEvent): Difference {
    const causes = this.#causes.of(event);
    const sides = what === "missing" ? { expected: event, actual: undefined } : { expected: undefined, actual: event };
    return { what, ...sides, path: undefined, values: undefined, causes };
  }
}

/** Events by their ids, the last ones: who caused what. */
export class Causes {
  #young = new Map<EventId, TraceEvent>();
  #old = new Map<EventId, TraceEvent>();

  add(event: TraceEvent): void {
    if (!("id" in event)) return;
    if (this.#young.size >= CAUSES_KEPT) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(event.id, event);
  }

  /**
   * What the handler that was resumed by an answer had waited for beside it (`Promise.all`), and what it had logged.
   *
   * @param by - Agent whose answer is told first.
   */
  awaitedWith(answer: TraceEvent, by: string): { readonly answers: TraceEvent[]; readonly logs: TraceEvent[] } {
    if (answer.kind !== "reply" && answer.kind !== "failure") return { answers: [], logs: [] };
    const started = this.#askedBy(answer);
    const answers: TraceEvent[] = [];
    const logs: TraceEvent[] = [];
    for (const event of [...this.#old.values(), ...this.#young.values()]) {
      if (event === answer) break;
      if (event.kind === "tick" || event.kind === "step" || event.agent !== answer.agent) continue;
      const isAnswer = event.kind === "reply" || event.kind === "failure";
      if (isAnswer && started !== undefined && this.#askedBy(event) === started) answers.push(event);
      else if (event.kind === "log" && started !== undefined && event.cause === started) logs.push(event);
    }
    const isOwn = (event: TraceEvent) => Number("peer" in event && event.peer === by);
    return { answers: answers.sort((a, b) => isOwn(b) - isOwn(a)), logs };
  }

  /** The event whose handler asked for an answer. */
  #askedBy(answer: TraceEvent): EventId | undefined {
    const request = "cause" in answer && answer.cause !== undefined ? this.get(answer.cause) : undefined;
    return request !== undefined && "cause" in request ? request.cause : undefined;
  }

  get(id: EventId): TraceEvent | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }

  /** The event that caused `event`, what caused that, and so on, as far as they are known. */
  of(event: TraceEvent): TraceEvent[] {
    const chain: TraceEvent[] = [];
    for (let at = event; chain.length < CHAIN_MAX; ) {
      const cause = "cause" in at && at.cause !== undefined ? this.get(at.cause) : undefined;
      if (cause === undefined || chain.includes(cause)) return chain;
      chain.push(cause);
      at = cause;
    }
    return chain;
  }
}

/** The first place, in the order of `a`'s fields, where two values differ; a field that is undefined is as one that is not there. */
export function firstDifference(
  a: unknown,
  b: unknown,
  path: string,
): { readonly path: string; readonly values: readonly [unknown, unknown] } | undefined {
  if (Object.is(a, b)) return undefined;
  const kind = kindOf(a);
  if (kind === undefined || kind !== kindOf(b)) return { path, values: [a, b] };
  if (kind === "bytes")
    return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0 ? undefined : { path, values: [a, b] };
  if (kind === "array") return firstOfItems(a as unknown[], b as unknown[], path);
  if (kind === "map") return firstOfItems([...(a as Map<unknown, unknown>)], [...(b as Map<unknown, unknown>)], path);
  const [one, other] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const below = firstDifference(one[key], other[key], path === "" ? key : `${path}.${key}`);
    if (below !== undefined) return below;
  }
  // An event's own fields have no order; that of a value's keys goes over the wire and into the hash.
  return path === "" ? undefined : differentOrder(one, other, path);
}

function differentOrder(a: Record<string, unknown>, b: Record<string, unknown>, path: string) {
  const [one, other] = [a, b].map((value) => Object.keys(value).filter((key) => value[key] !== undefined));
  if (one!.every((key, i) => key === other![i])) return undefined;
  return { path: `Object.keys(${path})`, values: [one, other] as const };
}

function firstOfItems(a: readonly unknown[], b: readonly unknown[], path: string) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const below = firstDifference(a[i], b[i], `${path}[${i}]`);
    if (below !== undefined) return below;
  }
  return a.length === b.length ? undefined : { path: `${path}.length`, values: [a.length, b.length] as const };
}

function kindOf(value: unknown): "array" | "map" | "bytes" | "object" | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return "array";
  if (value instanceof Map) return "map";
  return value instanceof Uint8Array ? "bytes" : "object";
}
