import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { PairLine, PairsAnswer } from "../../model/protocol.ts";
import { count, seconds } from "../format.ts";
import { nowOf, useAnswer, useRun } from "../hooks.ts";
import { apart, type Box, forceLayout, hubLayout } from "../layout.ts";
import { type ShortIds, shortIds } from "../short-ids.ts";
import { AgentLink, Choice, Head, Notice } from "../ui.tsx";
import { go, param } from "../url.ts";
import { GridPlan } from "./grid.tsx";

/** Agents that are drawn: those that talk most. */
const NODES_MAX = 60;
const WIDTH = 860;
const HEIGHT = 600;
const LETTER_PX = 7.2;
/** Height of a name, and how far it hangs below the circle. */
const NAME_PX = 16;
const MARGIN_PX = 12;

/** Windows that messages are counted in, as parts of the run up to now. */
const WINDOWS = { all: 1, tenth: 0.1, hundredth: 0.01 } as const;

/** Who talks to whom, and the grid behind it. */
export function TopologyView() {
  const { info, frame } = useRun();
  if (info === undefined || frame === undefined) return null;
  const hasGrid = info.topology !== undefined;
  const shown = param("plan") || (hasGrid ? "grid" : "talk");
  const choice = hasGrid ? (
    <Choice
      label="Shown"
      value={shown}
      onPick={(plan) => go({ plan })}
      options={[
        ["grid", info.topology?.nodeScale === undefined ? "simulators" : "grid"],
        ["talk", "who talks to whom"],
      ]}
    />
  ) : null;
  return shown === "grid" && hasGrid ? <GridPlan choice={choice} /> : <Talk choice={choice} />;
}

function Talk({ choice }: { choice: ComponentChildren }) {
  const { info, frame } = useRun();
  const now = nowOf(info, frame);
  const window = (param("window") || "all") as keyof typeof WINDOWS;
  const from = window === "all" ? 0 : Math.max(0, Math.round(now - (WINDOWS[window] ?? 1) * (frame?.span[1] ?? now)));
  const { data, error } = useAnswer<PairsAnswer>({ ask: "pairs", from, to: now, limit: 600 });
  const withOutside = param("outside") === "1";
  if (info === undefined || frame === undefined) return null;
  const pairs = (data?.pairs ?? []).filter((pair) => withOutside || (pair.from !== "@" && pair.to !== "@"));
  const total = pairs.reduce((sum, pair) => sum + pair.count, 0);
  const names = shortIds([...new Set(pairs.flatMap(({ from, to }) => [from, to]))]);
  const since = data === undefined || data.since === 0 ? "since the start" : `since ${seconds(data.since, info)}`;
  return (
    <section>
      <Head
        title="Topology"
        text={data === undefined ? "…" : `${count(total)} messages between ${count(pairs.length)} pairs ${since}`}
      >
        {choice}
        <Choice
          label="Counted"
          value={window}
          onPick={(picked) => go({ window: picked })}
          options={[
            ["all", "all so far"],
            ["tenth", "last tenth"],
            ["hundredth", "last hundredth"],
          ]}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={withOutside}
            onChange={() => go({ outside: withOutside ? undefined : "1" })}
          />{" "}
          the outside, too
        </label>
      </Head>
      {error !== "" && (
        <Notice title="The messages could not be counted" tone="bad">
          {error}
        </Notice>
      )}
      {data !== undefined && pairs.length === 0 ? (
        <Notice title="Nobody has talked">
          {window === "all"
            ? "Lines appear with the first message from one agent to another."
            : "Not in this window; count all so far."}
        </Notice>
      ) : (
        <div class="topology-grid">
          <Graph pairs={pairs} names={names} />
          <PairTable pairs={pairs} names={names} />
        </div>
      )}
    </section>
  );
}

function Graph({ pairs, names: { prefix, short } }: { pairs: readonly PairLine[]; names: ShortIds }) {
  const totals = new Map<string, number>();
  for (const { from, to, count: n } of pairs) for (const id of [from, to]) totals.set(id, (totals.get(id) ?? 0) + n);
  const ids = [...totals]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .slice(0, NODES_MAX)
    .map(([id]) => id)
    .sort();
  const kept = new Set(ids);
  const both = new Map<string, { a: string; b: string; n: number }>();
  for (const { from, to, count: n } of pairs) {
    if (!kept.has(from) || !kept.has(to)) continue;
    const [a, b] = from < to ? [from, to] : [to, from];
    const known = both.get(`${a}\n${b}`);
    if (known === undefined) both.set(`${a}\n${b}`, { a, b, n });
    else known.n += n;
  }
  const edges = [...both.values()];
  const most = Math.max(1, ...edges.map(({ n }) => n));
  const mostTotal = Math.max(1, ...totals.values());
  const largest = ids.length > NODES_MAX / 2 ? 7 : 11;
  const radius = (id: string) => 5 + largest * Math.sqrt(totals.get(id)! / mostTotal);
  const name = (id: string) => (id === "@" ? "outside" : short(id));
  const shape = `${prefix}|${ids.join()}|${edges.map(({ a, b }) => `${a}-${b}`).join()}`;
  const places = useMemo(() => {
    const links = edges.map(({ a, b }) => [a, b] as const);
    const boxes = new Map(ids.map((id) => [id, boxOf(name(id), 5 + largest)]));
    const free = hubLayout(ids, links) ?? forceLayout(ids, links);
    return apart(free, boxes, WIDTH - 2 * MARGIN_PX, HEIGHT - 2 * MARGIN_PX);
  }, [shape]);
  const at = (id: string) => {
    const place = places.get(id)!;
    return { x: MARGIN_PX + place.x, y: MARGIN_PX + place.y };
  };
  return (
    <div class="graph-box">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        class="graph"
        role="group"
        aria-label="Agents, and how much they talk to each other"
      >
        {edges.map(({ a, b, n }) => {
          const [one, other] = [at(a), at(b)];
          return (
            <line
              key={`${a}\n${b}`}
              x1={one.x}
              y1={one.y}
              x2={other.x}
              y2={other.y}
              class="edge"
              stroke-width={0.8 + 6 * Math.sqrt(n / most)}
            >
              <title>{`${a} and ${b}: ${count(n)} messages`}</title>
            </line>
          );
        })}
        {ids.map((id) => {
          const { x, y } = at(id);
          const r = radius(id);
          return (
            <a
              key={id}
              href={`#agent-${id}`}
              aria-label={`${id === "@" ? "outside" : id}: ${count(totals.get(id)!)} messages`}
              onClick={(event) => {
                event.preventDefault();
                if (id !== "@") go({ view: "agents", agent: id }, true);
              }}
            >
              <circle cx={x} cy={y} r={r} class={id === "@" ? "node outside" : "node"} />
              <text x={x} y={y + r + 13} text-anchor="middle">
                {name(id)}
              </text>
            </a>
          );
        })}
      </svg>
      {prefix !== "" && (
        <p class="muted">
          Ids here begin with <code>{prefix}</code>.
        </p>
      )}
      {totals.size > ids.length && (
        <p class="muted">
          The {NODES_MAX} that talk most of {count(totals.size)}.
        </p>
      )}
    </div>
  );
}

/** Of a circle and the name below it. */
function boxOf(name: string, radius: number): Box {
  const width = Math.max(2 * radius, LETTER_PX * name.length);
  return { width: width + 6, height: 2 * radius + NAME_PX + 4, below: NAME_PX / 2 };
}

function PairTable({ pairs, names: { short } }: { pairs: readonly PairLine[]; names: ShortIds }) {
  const most = Math.max(1, ...pairs.map(({ count: n }) => n));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Pairs of agents">
      <table class="rows compact pairs">
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col">to</th>
            <th scope="col" class="number">
              messages
            </th>
            <th scope="col" class="bar-cell">
              <span class="sr">as a bar</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pairs.slice(0, 100).map(({ from, to, count: n }) => (
            <tr key={`${from}\n${to}`}>
              <td>
                <AgentLink id={from} text={short(from)} />
              </td>
              <td>
                <AgentLink id={to} text={short(to)} />
              </td>
              <td class="number">{count(n)}</td>
              <td class="bar-cell">
                <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={(100 * n) / most} height="6" class="density" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
