import { wallMs } from "../wall.ts";

/** Where progress is written to: standard error, or a test's own. */
export interface ProgressTarget {
  /** Is it a terminal, where a line can be drawn again? */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Wall time between two drawings on a terminal, in milliseconds: ten a second. */
const REDRAW_MS = 100;

/** Parts of a run after which a line is written where there is no terminal. */
const PARTS = 10;

/** Characters of the bar. */
const BAR_WIDTH = 20;

const CLEAR_LINE = "\r\u001b[K";

/**
 * The progress line of a run: `42% |███  | t=2026-01-01T10:15 | 1234 ticks/s | eta 0:12`.
 *
 * On a terminal one line is drawn again at most ten times a second; elsewhere a line is written for every tenth of the
 * run. It draws when it is told of progress, never by a timer. A tick is one such telling.
 */
export class ProgressLine {
  readonly #target: ProgressTarget;
  /** Wall time in milliseconds. */
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #counts: boolean;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #parts = 0;
  #ticks = 0;
  /** Does the terminal's present line hold the progress? */
  #drawn = false;

  /** @param counts - Whether it says how often it was told of progress in a second. */
  constructor(target: ProgressTarget, now: () => number = wallMs, counts = true) {
    this.#target = target;
    this.#counts = counts;
    this.#now = now;
    this.#startMs = now();
  }

  /**
   * The run has come to `fraction`.
   *
   * @param fraction - From 0 to 1; what lies outside is taken for the nearer end.
   */
  update(fraction: number, label = ""): void {
    this.#ticks++;
    const part = Math.min(1, Math.max(0, Number.isNaN(fraction) ? 0 : fraction));
    if (this.#target.isTTY === true) {
      const now = this.#now();
      if (now - this.#drawnMs < REDRAW_MS) return;
      this.#drawnMs = now;
      this.#drawn = true;
      const line = this.#line(part, label, now);
      this.#target.write(CLEAR_LINE + line.slice(0, Math.max(0, (this.#target.columns ?? 80) - 1)));
      return;
    }
    const parts = Math.floor(part * PARTS + 1e-9);
    if (parts <= this.#parts) return;
    this.#parts = parts;
    this.#target.write(`${this.#line(part, label, this.#now())}\n`);
  }

  /** Take the line off the terminal, before something else is written there. */
  clear(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.#drawnMs = Number.NEGATIVE_INFINITY;
    this.#target.write(CLEAR_LINE);
  }

  #line(part: number, label: string, now: number): string {
    const elapsedS = Math.max(0, now - this.#startMs) / 1000;
    const full = Math.round(part * BAR_WIDTH);
    const bar = "█".repeat(full) + " ".repeat(BAR_WIDTH - full);
    const words = [`${String(Math.floor(part * 100 + 1e-9)).padStart(3)}% |${bar}|`];
    if (label !== "") words.push(`${label} |`);
    if (this.#counts) words.push(`${elapsedS > 0 ? Math.round(this.#ticks / elapsedS) : 0} ticks/s |`);
    words.push(`eta ${part > 0 ? clockText((elapsedS * (1 - part)) / part) : "?"}`);
    return words.join(" ");
  }
}

/** Seconds as `0:12` or `1:02:03`. */
function clockText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
