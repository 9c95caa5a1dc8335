import type { Command, EventsAnswer } from "../model/protocol.ts";
import { atOf } from "./hooks.ts";
import { source } from "./source.ts";
import { go } from "./url.ts";

/** What the bar and the keys do: to a run that goes on by commands, to a recording by going through it. */

let said = "";
let saidMs = 0;
const listeners = new Set<() => void>();

/** What was refused last, while it is of interest. */
export function lastRefusal(): string {
  return performance.now() - saidMs < 6000 ? said : "";
}

export function onRefusal(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function say(text: string): void {
  said = text;
  saidMs = performance.now();
  for (const listener of listeners) listener();
}

export async function command(given: Command): Promise<void> {
  try {
    await source.command(given);
  } catch (error) {
    say((error as Error).message);
  }
}

/** Whether the page may hold the run. */
export function maySteer(): boolean {
  return source.info?.controls === "full" && source.frame?.phase !== "ended" && source.frame?.phase !== "failed";
}

export function isLive(): boolean {
  return source.info?.source === "live";
}

/** Run or pause; play or stop a recording. */
export function toggle(): void {
  if (!isLive()) return void togglePlay();
  if (maySteer()) void command({ do: source.frame?.phase === "paused" ? "run" : "pause" });
}

/** One step on; of a recording to its next time. */
export async function forward(): Promise<void> {
  if (isLive()) {
    if (maySteer()) await command({ do: "step" });
    return;
  }
  await move(1);
}

/** To the time before, of a recording. */
export async function back(): Promise<void> {
  if (!isLive()) await move(-1);
}

/** @returns Whether there was anywhere to go. */
async function move(by: 1 | -1): Promise<boolean> {
  const { info, frame } = source;
  if (info === undefined || frame === undefined) return false;
  const [first, last] = frame.span;
  const at = atOf(info) ?? last;
  const [from, to] = by === 1 ? [at + 1, last] : [first, at - 1];
  if (from > to) return false;
  const filter = info.source === "recording" ? { kinds: ["tick"] } : {};
  const { events } = await source.ask<EventsAnswer>({ ask: "events", from, to, limit: 1, last: by === -1, filter });
  const next = events[0]?.ticks;
  if (next === undefined) return false;
  go({ at: next });
  return true;
}

/** To a part of a recording. */
export function jump(part: number): void {
  const { info, frame } = source;
  if (info === undefined || frame === undefined || info.source === "live") return;
  const [first, last] = frame.span;
  const at = (atOf(info) ?? last) + part * (last - first);
  go({ at: snapped(Math.max(first, Math.min(last, at)), last) });
}

/** A time that reads well: to about a thousandth of the run. */
export function snapped(at: number, last: number): number {
  if (at >= last) return last;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, last))) - 4);
  return Math.round(at / unit) * unit;
}

/** Go to a time that was typed. @returns Why not. */
export async function goTo(ticks: number): Promise<string> {
  if (!Number.isFinite(ticks) || ticks < 0) return "Type seconds since the start, as 3600, or a time, as 12:15";
  if (!isLive()) go({ at: Math.min(ticks, source.frame?.span[1] ?? ticks) }, true);
  else await command({ do: "runTo", ticks });
  return "";
}

/** Wall time between two times of a recording that is played, in milliseconds. */
const PLAY_MS = 150;
let playing = false;

export function isPlaying(): boolean {
  return playing;
}

function togglePlay(): void {
  playing = !playing;
  for (const listener of listeners) listener();
  if (playing) void play();
}

async function play(): Promise<void> {
  const { info, frame } = source;
  if (atOf(info) === undefined || atOf(info) === frame?.span[1]) go({ at: frame?.span[0] ?? 0 });
  while (playing) {
    const startMs = performance.now();
    if (!(await move(1))) break;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + PLAY_MS - performance.now())));
  }
  playing = false;
  for (const listener of listeners) listener();
}
