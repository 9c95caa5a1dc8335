import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { RunInfo, SeriesLine } from "../model/protocol.ts";
import { plotSeconds, value } from "./format.ts";

/** Colours of lines that colour-blind people tell apart, by theme. Source: Okabe and Ito, adapted to contrast. */
const COLOURS = 8;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** Colour and dash of the n-th line. */
export function strokeOf(n: number): { readonly colour: string; readonly dash: readonly number[] } {
  const css = getComputedStyle(document.documentElement);
  return {
    colour: css.getPropertyValue(`--line-${n % COLOURS}`).trim(),
    dash: DASHES[Math.floor(n / COLOURS) % DASHES.length]!,
  };
}

/** Series that share an axis. */
export interface PlotGroup {
  /** What the axis says. */
  readonly label: string;
  readonly lines: readonly { readonly line: SeriesLine; readonly index: number }[];
}

interface PlotProps {
  readonly info: RunInfo;
  /** Each group has an axis of its own. */
  readonly groups: readonly PlotGroup[];
  /** Ticks that are shown. */
  readonly from: number;
  readonly to: number;
  /** Ticks that are marked: the time that is looked at. */
  readonly mark?: number | undefined;
  readonly height: number;
  readonly onZoom?: (from: number, to: number) => void;
  readonly onPick?: (at: number) => void;
  readonly label: string;
  /** Given the plot, to save it. */
  readonly onReady?: (plot: uPlot) => void;
  readonly bare?: boolean;
}

const SYNC = uPlot.sync("cosimas");

/** Lines over time. Between two points the last value holds. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const latest = useRef(props);
  latest.current = props;
  const shape = props.groups
    .map(({ label, lines }) => `${label}:${lines.map(({ line, index }) => `${line.name}@${index}`)}`)
    .join("|");
  const theme = document.documentElement.dataset["theme"] ?? "";
  useEffect(() => {
    const at = place.current!;
    const made = new uPlot(optionsOf(latest, at.clientWidth), dataOf(latest.current), at);
    plot.current = made;
    latest.current.onReady?.(made);
    const resized = new ResizeObserver(() => {
      made.setSize({ width: at.clientWidth, height: latest.current.height });
    });
    resized.observe(at);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [shape, props.height, theme, props.info.start]);
  useEffect(() => {
    const made = plot.current!;
    made.setData(dataOf(props), false);
    const [min, max] = [
      plotSeconds(props.from, props.info),
      plotSeconds(Math.max(props.to, props.from + 1), props.info),
    ];
    made.setScale("x", { min, max });
  });
  return <div class="plot" ref={place} role="img" aria-label={props.label} style={{ height: `${props.height}px` }} />;
}

/** Times of day, with the date where it changes. */
function timeLabels(_plot: uPlot, splits: number[], _axis: number, _space: number, step: number): string[] {
  let day = "";
  return splits.map((at) => {
    const [date, time] = new Date(at * 1000).toISOString().split("T") as [string, string];
    const shown =
      step >= 86_400 ? date.slice(5) : step >= 60 ? time.slice(0, 5) : step >= 1 ? time.slice(0, 8) : time.slice(3, 12);
    const isNew = date !== day;
    day = date;
    return isNew && step < 86_400 ? `${shown}\n${date}` : shown;
  });
}

function dataOf({ groups, info, to }: PlotProps): uPlot.AlignedData {
  const tables = groups.flatMap(({ lines }) =>
    lines.map(({ line: { times, values } }): uPlot.AlignedData => {
      const xs = times.map((ticks) => plotSeconds(ticks, info));
      const ys = [...values];
      if (times.length > 0 && times.at(-1)! < to) {
        xs.push(plotSeconds(to, info));
        ys.push(ys.at(-1)!);
      }
      return [xs, ys];
    }),
  );
  if (tables.length === 0) return [[], []];
  return tables.length === 1 ? tables[0]! : uPlot.join(tables);
}

function optionsOf(latest: { readonly current: PlotProps }, width: number): uPlot.Options {
  const { groups, height, info, bare = false } = latest.current;
  const css = getComputedStyle(document.documentElement);
  const [ink, grid] = ["--ink-2", "--rule"].map((name) => css.getPropertyValue(name).trim());
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: ink!, font, grid: { stroke: grid!, width: 1 }, ticks: { stroke: grid!, width: 1, size: 4 } };
  const axes: uPlot.Axis[] = [{ ...axis, size: 42, ...(info.start !== "" && { values: timeLabels }) }];
  const series: uPlot.Series[] = [{}];
  const scales: uPlot.Scales = { x: { time: info.start !== "", auto: false } };
  for (const [i, { label, lines }] of groups.entries()) {
    const scale = `y${i}`;
    scales[scale] = {};
    axes.push({
      ...axis,
      scale,
      side: i % 2 === 0 ? 3 : 1,
      size: 62,
      label: bare ? "" : label,
      labelSize: bare ? 0 : 18,
      labelFont: font,
      grid: { ...axis.grid, show: i === 0 },
      values: (_plot, ticks) => ticks.map((tick) => value(tick)),
    });
    for (const { line, index } of lines) {
      const { colour, dash } = strokeOf(index);
      const path = uPlot.paths.stepped!({ align: 1 });
      series.push({
        label: line.name,
        scale,
        stroke: colour,
        width: 1.75,
        dash: [...dash],
        paths: path,
        points: { show: false },
      });
    }
  }
  return {
    width,
    height,
    series,
    scales,
    axes,
    legend: { show: false },
    padding: [8, 22, 0, 0],
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    cursor: {
      sync: { key: SYNC.key },
      drag: { x: latest.current.onZoom !== undefined, y: false, setScale: false },
      points: { size: 7 },
    },
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          latest.current.onZoom?.(plot.posToVal(left, "x"), plot.posToVal(left + wide, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (plot) => {
          plot.over.addEventListener("dblclick", () => latest.current.onPick?.(plot.posToVal(plot.cursor.left!, "x")));
        },
      ],
      draw: [
        (plot) => {
          const { mark, info: now } = latest.current;
          if (mark === undefined) return;
          const x = plot.valToPos(plotSeconds(mark, now), "x", true);
          const { ctx, bbox } = plot;
          if (x < bbox.left || x > bbox.left + bbox.width) return;
          ctx.save();
          ctx.strokeStyle = css.getPropertyValue("--accent").trim();
          ctx.lineWidth = 2;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.restore();
        },
      ],
    },
  };
}
