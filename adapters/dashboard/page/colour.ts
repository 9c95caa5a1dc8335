import type { TopologyScale } from "../model/protocol.ts";

/** From too low over best to too high: blue, grey, orange-red; told apart without red and green. Source: Crameri, "vik", simplified. */
const LOW = [25, 90, 170] as const;
const MIDDLE = { light: [168, 172, 178], dark: [120, 126, 136] } as const;
const HIGH = [205, 70, 10] as const;

/** Colour of a value on a scale. */
export function scaleColour(value: number | null, scale: TopologyScale, theme: "light" | "dark"): string {
  if (value === null) return "var(--rule-strong)";
  const middle = MIDDLE[theme];
  const isLow = value < scale.best;
  const far = isLow ? scale.best - (scale.low ?? scale.best - (scale.high - scale.best)) : scale.high - scale.best;
  const part = far === 0 ? 0 : Math.min(1, Math.abs(value - scale.best) / Math.abs(far));
  const end = isLow && scale.low !== undefined ? LOW : HIGH;
  const mixed = middle.map((from, i) => Math.round(from + (end[i]! - from) * part));
  return `rgb(${mixed.join(" ")})`;
}

/** Is it beyond what is allowed? Drawn with a mark, not by colour alone. */
export function isBeyond(value: number | null, { low, high }: TopologyScale): boolean {
  return value !== null && (value > high || (low !== undefined && value < low));
}
