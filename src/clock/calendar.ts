import { DateTime } from "luxon";

/**
 * The only place that knows luxon: what calendar time a number of seconds since the start is, in UTC.
 *
 * Seconds are rounded to milliseconds, as luxon knows nothing finer.
 */
export class Calendar {
  readonly #startMs: number;

  /**
   * @param start - Start of the simulation: an ISO 8601 string (UTC unless it names an offset) or a luxon DateTime.
   * @throws RangeError if it is no valid date.
   */
  constructor(start: string | DateTime) {
    const parsed = typeof start === "string" ? DateTime.fromISO(start, { zone: "utc" }) : start;
    if (!parsed.isValid) throw new RangeError(`start must be an ISO 8601 date, got ${JSON.stringify(String(start))}`);
    this.#startMs = parsed.toMillis();
  }

  /** Calendar time of `seconds` after the start, in UTC. */
  at(seconds: number): DateTime {
    return DateTime.fromMillis(this.#startMs + Math.round(seconds * 1000), { zone: "utc", locale: "en-US" });
  }

  /** Seconds from the start to `date`; negative before it. */
  secondsOf(date: DateTime): number {
    if (!date.isValid) throw new RangeError(`not a valid date: ${date.invalidReason ?? "unknown reason"}`);
    return (date.toMillis() - this.#startMs) / 1000;
  }
}

export { DateTime };
