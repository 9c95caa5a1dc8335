import { DateTime, readDateTime, writeDateTime } from "../clock/calendar.ts";
import type { ValueType } from "../codec/index.ts";

/**
 * luxon's DateTime, the first type of every container, as Arrow is of aiomas's. It crosses to the millisecond, with
 * its offset in place of its zone.
 */
export const DATE_TIME: ValueType<DateTime> = {
  type: DateTime,
  write: writeDateTime,
  read: readDateTime,
};
