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

/** ISO 8601 with an offset, as `str()` of Python's Arrow; the forms that other programs may send besides. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)$/;

/**
 * A date as aiomas writes it, by `str()` of Python's Arrow: `2016-01-01T01:00:00+00:00`, six digits of a second's
 * fraction if there is one, the offset never as `Z`.
 *
 * @throws RangeError if it is not valid, or not in the years 1 to 9999.
 */
export function writeDateTime(date: DateTime): string {
  const text = date.toISO({ suppressMilliseconds: true });
  if (text === null || date.year < 1 || date.year > 9999)
    throw new RangeError(`not a date of the years 1 to 9999: ${date}`);
  return text.replace(/Z$/, "+00:00").replace(/\.(\d{3})/, ".$1000");
}

/**
 * The date that {@link writeDateTime} or Python's Arrow wrote, at the offset that it names. Digits beyond the
 * millisecond are dropped: luxon knows nothing finer.
 *
 * @param text - Whatever came from the peer.
 * @throws RangeError if it is no such text.
 */
export function readDateTime(text: unknown): DateTime {
  if (typeof text === "string" && text.length <= 40 && DATE_TIME.test(text)) {
    const date = DateTime.fromISO(text, { setZone: true, locale: "en-US" });
    if (date.isValid) return date;
  }
  throw new RangeError(`not an ISO 8601 date with an offset: ${JSON.stringify(text)?.slice(0, 60)}`);
}

export { DateTime };
