/**
 * Clocks: what time it is and what is due.
 *
 * Times are whole ticks inside and seconds or luxon dates outside. This layer knows neither agents nor rounds: the
 * container serves what falls due.
 */
export { Calendar, DateTime } from "./calendar.ts";
export type { Clock, Timer } from "./clock.ts";
export { ExternalClock, type ExternalClockOptions } from "./external-clock.ts";
export { RealTimeClock, type RealTimeClockOptions } from "./real-time-clock.ts";
export type { SimulationClock, SimulationClockOptions } from "./simulation-clock.ts";
export { Resolution, TICKS_PER_SECOND } from "./ticks.ts";
export { type Bucket, type Timed, TimerQueue } from "./timer-queue.ts";
