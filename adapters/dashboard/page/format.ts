import type { RunInfo } from "../model/protocol.ts";

/** A count with thin spaces between thousands. */
export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** A rate: as many digits as tell something. */
export function rate(n: number): string {
  if (n >= 10_000) return `${count(n / 1000)}\u202fk`;
  return n >= 100 || n === 0 ? count(n) : n.toPrecision(2);
}

/** A value in at most six digits. */
export function value(given: number | string | boolean | null | undefined): string {
  if (given === null || given === undefined) return "–";
  if (typeof given !== "number") return String(given);
  if (Number.isInteger(given) && Math.abs(given) < 1e6) return String(given).replace("-", "−");
  const size = Math.abs(given);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6) ? given.toExponential(3) : String(Number(given.toPrecision(5)));
  return text.replace("-", "−");
}

/** Seconds of the run, exact to the tick. */
export function seconds(ticks: number, { ticksPerSecond }: RunInfo): string {
  const whole = Math.floor(ticks / ticksPerSecond);
  const rest = ticks - whole * ticksPerSecond;
  const fraction = rest === 0 ? "" : (rest / ticksPerSecond).toFixed(9).slice(1).replace(/0+$/, "");
  return `${count(whole)}${fraction}\u202fs`;
}

/** Calendar time as `2016-05-20 12:15:00`; empty if it is not known. */
export function calendar(ticks: number, { start, ticksPerSecond }: RunInfo): string {
  if (start === "") return "";
  const date = new Date(Date.parse(start) + (ticks / ticksPerSecond) * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** The time of day, with the date left out: for rows. */
export function shortTime(ticks: number, info: RunInfo): string {
  const text = calendar(ticks, info);
  return text === "" ? seconds(ticks, info) : text.slice(5);
}

/** Seconds since 1970 for plots, or since the start. */
export function plotSeconds(ticks: number, { start, ticksPerSecond }: RunInfo): number {
  return (start === "" ? 0 : Date.parse(start) / 1000) + ticks / ticksPerSecond;
}

export function ticksOfPlot(at: number, { start, ticksPerSecond }: RunInfo): number {
  return Math.round((at - (start === "" ? 0 : Date.parse(start) / 1000)) * ticksPerSecond);
}

/** Wall time as `12 s` or `3 min 20 s`. */
export function duration(ms: number): string {
  const s = Math.floor(ms / 1000);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

/** The time that a user typed: seconds, or a calendar time of the run. @returns Ticks; NaN if it is none. */
export function parseTime(text: string, { start, ticksPerSecond }: RunInfo): number {
  const plain = text
    .trim()
    .replace(/\s*s$/, "")
    .replace(/[\u202f_]/g, "");
  if (plain === "") return Number.NaN;
  if (/^\d+(\.\d+)?(e\d+)?$/.test(plain)) return Math.round(Number(plain) * ticksPerSecond);
  if (start === "") return Number.NaN;
  const day = new Date(Date.parse(start)).toISOString().slice(0, 10);
  const iso = /^\d{1,2}:\d{2}/.test(plain) ? `${day}T${plain.padStart(5, "0")}` : plain.replace(" ", "T");
  const ms = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(iso) ? iso : `${iso}Z`);
  return Math.round(((ms - Date.parse(start)) / 1000) * ticksPerSecond);
}
