import { useEffect, useRef } from "preact/hooks";
import type { SeriesAnswer } from "../model/protocol.ts";
import { calendar, seconds } from "./format.ts";
import { nowOf, useAnswer, useRun, useUrl } from "./hooks.ts";
import { jump, snapped } from "./steer.ts";
import { go } from "./url.ts";

/** Positions of the slider. */
const PARTS = 2000;

/** A recording from end to end, with how much was said when; the slider is the time that is looked at. */
export function Scrubber() {
  useUrl();
  const { info, frame } = useRun();
  const canvas = useRef<HTMLCanvasElement>(null);
  const span = frame?.span ?? [0, 0];
  const { data } = useAnswer<SeriesAnswer>(
    info === undefined || info.source === "live"
      ? undefined
      : { ask: "series", names: ["run.messages"], from: span[0], to: Math.max(1, span[1]), columns: 800 },
  );
  const line = data?.series[0];
  useEffect(() => {
    const draw = () => drawDensity(canvas.current, line?.times ?? [], line?.values ?? [], span[1]);
    draw();
    addEventListener("resize", draw);
    return () => removeEventListener("resize", draw);
  });
  if (info === undefined || frame === undefined || info.source === "live") return null;
  const last = Math.max(1, span[1]);
  const at = nowOf(info, frame);
  return (
    <footer class="scrubber">
      <span class="muted">{calendar(span[0], info) || seconds(span[0], info)}</span>
      <div class="track">
        <canvas ref={canvas} aria-hidden="true" />
        <input
          type="range"
          min={0}
          max={PARTS}
          value={Math.round((at / last) * PARTS)}
          aria-label="Time that is looked at"
          aria-valuetext={calendar(at, info) || seconds(at, info)}
          onInput={(event) => go({ at: snapped((Number(event.currentTarget.value) / PARTS) * last, last) })}
          onKeyDown={(event) => {
            if (event.key === "PageUp") jump(0.05);
            else if (event.key === "PageDown") jump(-0.05);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <span class="muted">{calendar(last, info) || seconds(last, info)}</span>
    </footer>
  );
}

function drawDensity(
  canvas: HTMLCanvasElement | null,
  times: readonly number[],
  values: readonly (number | null)[],
  last: number,
): void {
  if (canvas === null) return;
  const scale = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * scale;
  canvas.height = height * scale;
  const ctx = canvas.getContext("2d");
  if (ctx === null || times.length === 0) return;
  ctx.scale(scale, scale);
  ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--density").trim();
  const most = Math.max(1, ...values.map((n) => n ?? 0));
  const bars = new Float64Array(Math.max(1, Math.floor(width)));
  const column = (time: number) => Math.min(bars.length - 1, Math.floor((time / Math.max(1, last)) * bars.length));
  for (const [i, time] of times.entries()) {
    // What few times leave between them is filled, so that it does not look as if nothing had been said.
    const end = Math.min(column(time) + Math.floor(0.7 * (bars.length / times.length)), bars.length - 1);
    for (let x = column(time); x <= end; x++) bars[x] = Math.max(bars[x]!, values[i] ?? 0);
  }
  for (const [x, n] of bars.entries()) {
    const h = Math.sqrt(n / most) * height;
    ctx.fillRect(x, height - h, 1, h);
  }
}
