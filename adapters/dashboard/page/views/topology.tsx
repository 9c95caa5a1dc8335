import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { PairLine, PairsAnswer } from "../../model/protocol.ts";
import { count, seconds } from "../format.ts";
import { nowOf, useAnswer, useRun } from "../hooks.ts";
import { forceLayout, hubLayout } from "../layout.ts";
import { AgentLink, Choice, Head, Notice } from "../ui.tsx";
import { go, param } from "../url.ts";
import { GridPlan } from "./grid.tsx";

/** Agents that are drawn: those that talk most. */
const NODES_MAX = 60;
const WIDTH = 860;
const HEIGHT = 520;

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
          <Graph pairs={pairs} />
          <PairTable pairs={pairs} />
        </div>
      )}
    </section>
  );
}

function Graph({ pairs }: { pairs: readonly PairLine[] }) {
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
  const shape = `${ids.join()}|${edges.map(({ a, b }) => `${a}-${b}`).join()}`;
  const places = useMemo(() => {
    const links = edges.map(({ a, b }) => [a, b] as const);
    return hubLayout(ids, links) ?? forceLayout(ids, links);
  }, [shape]);
  const most = Math.max(1, ...edges.map(({ n }) => n));
  const mostTotal = Math.max(1, ...totals.values());
  const at = (id: string) => {
    const place = places.get(id)!;
    return { x: 60 + place.x * (WIDTH - 120), y: 34 + place.y * (HEIGHT - 76) };
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
          const r = 5 + 11 * Math.sqrt(totals.get(id)! / mostTotal);
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
                {id === "@" ? "outside" : id}
              </text>
            </a>
          );
        })}
      </svg>
      {totals.size > ids.length && (
        <p class="muted">
          The {NODES_MAX} that talk most of {count(totals.size)}.
        </p>
      )}
    </div>
  );
}

function PairTable({ pairs }: { pairs: readonly PairLine[] }) {
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
                <AgentLink id={from} />
              </td>
              <td>
                <AgentLink id={to} />
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
