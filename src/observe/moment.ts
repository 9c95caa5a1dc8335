/** A simulation time: seconds since the start; a time of day, `HH:MM` or `HH:MM:SS`; or a calendar time in ISO 8601. */
export type Moment = number | string;

const DAY_S = 86_400;

/**
 * Seconds since the start that a moment stands for. A time of day is the first one from the start on; all times are UTC
 * unless they say otherwise.
 *
 * @param start - Calendar time of second 0, ISO 8601.
 * @returns Undefined if it is none of the three forms. A calendar time before the start gives a negative number.
 */
export function secondsOf(moment: Moment, start: string): number | undefined {
  if (typeof moment === "number") return moment;
  const text = moment.trim();
  if (/^\d+(\.\d*)?(e\d+)?$/i.test(text)) return Number(text);
  const startMs = Date.parse(start);
  const time = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$/.exec(text);
  if (time !== null) {
    const [, hours, minutes, seconds = "0"] = time;
    const ofDayS = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const startS = (startMs / 1000) % DAY_S;
    return (((ofDayS - startS) % DAY_S) + DAY_S) % DAY_S;
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const hasTime = /[T ]\d/.test(text);
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text.slice(10));
  const atMs = Date.parse(hasTime && !hasZone ? `${text.replace(" ", "T")}Z` : text.replace(" ", "T"));
  return Number.isNaN(atMs) ? undefined : (atMs - startMs) / 1000;
}
