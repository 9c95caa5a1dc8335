import { useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { NamesAnswer, RunInfo, SeriesAnswer, SeriesLine } from "../../model/protocol.ts";
import { seriesPattern } from "../../model/series.ts";
import { calendar, count, ticksOfPlot, value } from "../format.ts";
import { grouped, quantity, shortName } from "../group.ts";
import { nowOf, useAnswer, useRested, useRun } from "../hooks.ts";
import { Plot, type PlotGroup, strokeOf } from "../plot.tsx";
import { Choice, Field, Head, Notice } from "../ui.tsx";
import { go, listParam, param } from "../url.ts";

/** Series at a time: as many as can be told apart. */
const CHOSEN_MAX = 24;
/** Series of each of so many quantities that are shown before somebody chooses. */
const FIRST = 3;
const QUANTITIES = 3;
/** And of each plot that the scenario declares. */
const DECLARED = 6;

/** Values over time. */
export function SeriesView() {
  const { info, frame } = useRun();
  const search = useRested(param("name"));
  const { data: found, error } = useAnswer<NamesAnswer>({ ask: "names", search, limit: 500 });
  const { data: all } = useAnswer<NamesAnswer>(param("series") === "" ? { ask: "names", limit: 2000 } : undefined);
  const chosen =
    param("series") === "" ? firstOf(all?.names ?? [], info) : listParam("series").filter((name) => name !== "none");
  const last = frame?.span[1] ?? 0;
  const from = param("from") === "" ? 0 : Number(param("from"));
  const to = param("to") === "" ? Math.max(1, last) : Number(param("to"));
  const { data: plotted, error: failed } = useAnswer<SeriesAnswer>(
    chosen.length === 0 ? undefined : { ask: "series", names: chosen, from, to, columns: 1200 },
  );
  const plots = useRef(new Map<string, uPlot>());
  if (info === undefined || frame === undefined) return null;
  const lines = chosen.map(
    (name) => plotted?.series.find((line) => line.name === name) ?? { name, times: [], values: [], thinned: false },
  );
  const groups = grouped(lines);
  const isOverlaid = param("axes") === "one";
  const shown: PlotGroup[][] = isOverlaid ? [groups.slice(0, 4)] : groups.map((group) => [group]);
  const toggle = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(0, CHOSEN_MAX);
    go({ series: next.length === 0 ? "none" : next.join(",") });
  };
  const zoom = (low: number, high: number) =>
    go({ from: Math.max(0, ticksOfPlot(low, info)), to: Math.min(last, ticksOfPlot(high, info)) });
  const isZoomed = param("from") !== "" || param("to") !== "";
  return (
    <section class="series-view">
      <Head
        title="Series"
        text={
          found === undefined
            ? "…"
            : `${count(found.total)} series${search === "" ? "" : " fit"}, ${chosen.length} shown${lines.some(({ thinned }) => thinned) ? "; least and greatest of each pixel" : ""}`
        }
      >
        <Choice
          label="Axes"
          value={isOverlaid ? "one" : "each"}
          onPick={(axes) => go({ axes: axes === "one" ? "one" : undefined })}
          options={[
            ["each", "one plot each"],
            ["one", "together"],
          ]}
        />
        <button type="button" disabled={!isZoomed} onClick={() => go({ from: undefined, to: undefined })}>
          Whole run
        </button>
        <button
          type="button"
          disabled={lines.length === 0}
          onClick={() => save(csvOf(lines, info), "series.csv", "text/csv")}
        >
          CSV
        </button>
        <button
          type="button"
          disabled={lines.length === 0}
          onClick={() => savePng([...plots.current.values()], groups)}
        >
          PNG
        </button>
      </Head>
      {(error !== "" || failed !== "") && (
        <Notice title="The series could not be read" tone="bad">
          {error || failed}
        </Notice>
      )}
      <div class="series-grid">
        <div class="picker">
          <Field
            label="Search"
            search
            value={param("name")}
            placeholder="vm_pu, Trafo"
            width="100%"
            onInput={(name) => go({ name })}
          />
          <ul class="scroll" tabIndex={0} aria-label="Series to choose from">
            {found?.names.map((name) => {
              const index = chosen.indexOf(name);
              return (
                <li key={name}>
                  <label>
                    <input
                      type="checkbox"
                      checked={index >= 0}
                      disabled={index < 0 && chosen.length >= CHOSEN_MAX}
                      onChange={() => toggle(name)}
                    />
                    <Swatch index={index} />
                    <span title={name}>
                      {shortName(name)[0]} <span class="muted">{shortName(name)[1]}</span>
                    </span>
                  </label>
                </li>
              );
            })}
            {found !== undefined && found.total > found.names.length && (
              <li class="muted">and {count(found.total - found.names.length)} more: search for them</li>
            )}
          </ul>
        </div>
        <div class="plots" tabIndex={0} role="region" aria-label="Plots">
          {chosen.length === 0 ? (
            <Notice title={found?.total === 0 ? "There are no series yet" : "No series is chosen"}>
              {found?.total === 0
                ? "Numbers that agents get as inputs or put out, and outputs of simulators, become series as the run goes on."
                : "Choose some on the left."}
            </Notice>
          ) : (
            shown.map((panel) => (
              <div key={panel.map(({ label }) => label).join()}>
                <h2>{panel.map(({ label }) => label).join(", ")}</h2>
                <Plot
                  info={info}
                  groups={panel}
                  from={from}
                  to={to}
                  mark={info.source === "live" ? undefined : nowOf(info, frame)}
                  height={isOverlaid ? 400 : Math.max(136, Math.min(250, (450 - 46 * shown.length) / shown.length))}
                  bare={!isOverlaid}
                  onZoom={zoom}
                  onPick={(at) => info.source !== "live" && go({ at: Math.max(0, ticksOfPlot(at, info)) })}
                  label={`${panel.map(({ label }) => label).join(", ")} over time`}
                  onReady={(plot) => plots.current.set(panel[0]!.label, plot)}
                />
                <Legend groups={panel} at={nowOf(info, frame)} />
              </div>
            ))
          )}
          {isOverlaid && groups.length > 4 && (
            <p class="muted">
              More than four axes do not fit:{" "}
              {groups
                .slice(4)
                .map(({ label }) => label)
                .join(", ")}{" "}
              are left out.
            </p>
          )}
          {chosen.length > 0 && (
            <p class="muted hint">
              Drag over a plot to zoom{info.source === "live" ? "" : "; double-click to look at that time"}.
            </p>
          )}
        </div>
      </div>
    </section>
  );
}

/**
 * Some series to begin with: those that the scenario declares; otherwise a few each of a few quantities, those of its plan
 * first.
 */
function firstOf(names: readonly string[], info: RunInfo | undefined): string[] {
  const declared = (info?.series ?? []).flatMap(({ lines }) => {
    const patterns = lines.map(seriesPattern);
    return names.filter((name) => patterns.some((one) => one.test(name))).slice(0, DECLARED);
  });
  if (declared.length > 0) return [...new Set(declared)].slice(0, CHOSEN_MAX);
  const { nodes = [], edges = [] } = info?.topology ?? {};
  const there = new Set(names);
  const planned = [...edges, ...nodes].flatMap(({ series = [] }) =>
    series.filter((name) => there.has(name)).slice(0, 1),
  );
  const byQuantity = new Map<string, Set<string>>();
  for (const name of [...planned, ...names]) {
    if (name.startsWith("run.")) continue;
    const own = byQuantity.get(quantity(name)) ?? new Set();
    if (own.size < FIRST) own.add(name);
    byQuantity.set(quantity(name), own);
  }
  return [...byQuantity.values()].slice(0, QUANTITIES).flatMap((own) => [...own]);
}

function Swatch({ index }: { index: number }) {
  if (index < 0) return <svg class="swatch" viewBox="0 0 18 10" aria-hidden="true" />;
  const { colour, dash } = strokeOf(index);
  return (
    <svg class="swatch" viewBox="0 0 18 10" aria-hidden="true">
      <line
        x1="0"
        x2="18"
        y1="5"
        y2="5"
        stroke={colour}
        stroke-width="2.5"
        stroke-dasharray={dash.map((n) => n / 2).join(" ")}
      />
    </svg>
  );
}

function Legend({ groups, at }: { groups: readonly PlotGroup[]; at: number }) {
  return (
    <ul class="legend">
      {groups.flatMap(({ lines }) =>
        lines.map(({ line, index }) => (
          <li key={line.name}>
            <Swatch index={index} />
            <span class="muted">{line.name}</span> <b>{value(valueAt(line, at))}</b>
          </li>
        )),
      )}
    </ul>
  );
}

function valueAt({ times, values }: SeriesLine, at: number): number | null {
  let found: number | null = null;
  for (const [i, time] of times.entries()) {
    if (time > at) break;
    found = values[i] ?? null;
  }
  return found;
}

/** The points that are shown, one row each. */
function csvOf(lines: readonly SeriesLine[], info: RunInfo): string {
  const rows = lines.flatMap(({ name, times, values }) =>
    times.map(
      (ticks, i) => `${calendar(ticks, info)},${ticks / info.ticksPerSecond},${quoted(name)},${values[i] ?? ""}`,
    ),
  );
  return `time,time_s,series,value\r\n${rows.join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(data: BlobPart, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The plots one below the other, with their names. */
function savePng(plots: readonly uPlot[], groups: readonly PlotGroup[]): void {
  const live = plots.filter(({ ctx, root }) => ctx.canvas.width > 0 && root.isConnected);
  const head = 28 * devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, ...live.map(({ ctx }) => ctx.canvas.width));
  canvas.height = live.reduce((sum, { ctx }) => sum + ctx.canvas.height + head, 0);
  const ctx = canvas.getContext("2d")!;
  const css = getComputedStyle(document.documentElement);
  ctx.fillStyle = css.getPropertyValue("--paper").trim();
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.font = `${14 * devicePixelRatio}px system-ui, sans-serif`;
  let y = 0;
  for (const [i, plot] of live.entries()) {
    ctx.fillStyle = css.getPropertyValue("--ink").trim();
    const names = groups[i]?.lines.map(({ line }) => line.name).join(", ") ?? "";
    ctx.fillText(
      live.length === groups.length ? names : groups.map(({ label }) => label).join(", "),
      12,
      y + head * 0.7,
      canvas.width - 24,
    );
    ctx.drawImage(plot.ctx.canvas, 0, y + head);
    y += head + plot.ctx.canvas.height;
  }
  canvas.toBlob((blob) => blob && save(blob, "series.png", "image/png"));
}
