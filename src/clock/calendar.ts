import { DateTime } from "luxon";
import { CodecError } from "../errors.ts";

/**
 * What calendar time a number of seconds since the start is, in UTC. Only this file knows luxon.
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

/**
 * How dates cross between processes: as aiomas writes those of `arrow`, `2016-01-01T01:00:00+00:00`. What is finer than
 * milliseconds is cut off when it arrives. For the option `types` of channels and rpc.
 */
export const dateTimeType = {
  type: DateTime,
  /** @throws RangeError for an invalid date. */
  write(date: DateTime): string {
    const text = date.toISO({ suppressMilliseconds: true });
    if (text === null) throw new RangeError("an invalid date cannot be sent");
    return text.replace(/Z$/, "+00:00");
  },
  /** @throws CodecError `ERR_CODEC_TYPE`. */
  read(text: unknown): DateTime {
    const date = typeof text === "string" && text.length <= 64 ? DateTime.fromISO(text, { setZone: true }) : undefined;
    if (date?.isValid) return date;
    throw new CodecError("ERR_CODEC_TYPE", "a date is not an ISO 8601 text");
  },
};

export { DateTime };
