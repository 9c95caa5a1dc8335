import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Topology, TopologyEdge, TopologyNode, TopologyScale, ValuesAnswer } from "../../model/protocol.ts";
import { isBeyond, scaleColour } from "../colour.ts";
import { count, value } from "../format.ts";
import { atOf, useAnswer, useRun } from "../hooks.ts";
import { fitted, treeLayout } from "../layout.ts";
import { theme } from "../theme.ts";
import { AgentLink, Head } from "../ui.tsx";
import { go } from "../url.ts";

const WIDTH = 900;
const HEIGHT = 500;

interface Valued<T> {
  readonly item: T;
  readonly series: string | undefined;
  readonly value: number | null;
}

/** A grid's buses and lines coloured by their values, or the simulators of a world. */
export function GridPlan({ choice }: { choice: ComponentChildren }) {
  const { info } = useRun();
  const topology = info?.topology as Topology;
  const at = atOf(info);
  const names = useMemo(() => [...topology.nodes, ...topology.edges].flatMap(({ series = [] }) => series), [topology]);
  const { data } = useAnswer<ValuesAnswer>(
    names.length === 0 ? undefined : { ask: "values", names, ...(at !== undefined && { at }) },
  );
  // What has a value at the end of a recording, or by now, may have none yet at the time that is looked at.
  const { data: last } = useAnswer<ValuesAnswer>(names.length === 0 ? undefined : { ask: "values", names });
  const ever = new Set(names.filter((_, i) => last === undefined || last.values[i] !== null));
  const byName = new Map(names.map((name, i) => [name, data?.values[i] ?? null]));
  const valued = <T extends { readonly series?: readonly string[] }>(item: T): Valued<T> => {
    const series = item.series?.find((name) => byName.get(name) !== null) ?? item.series?.[0];
    return { item, series, value: series === undefined ? null : (byName.get(series) ?? null) };
  };
  const nodes = topology.nodes.map(valued);
  const edges = topology.edges.map(valued);
  const places = useMemo(() => placesOf(topology), [topology]);
  const { nodeScale, edgeScale } = topology;
  const beyond = [
    ...nodes.filter((one) => nodeScale !== undefined && isBeyond(one.value, nodeScale)),
    ...edges.filter((one) => edgeScale !== undefined && isBeyond(one.value, edgeScale)),
  ];
  const text =
    nodeScale === undefined
      ? `${topology.nodes.length} simulators`
      : `${count(topology.nodes.length)} buses, ${count(topology.edges.length)} lines and transformers`;
  const known = data?.values.some((one) => one !== null) === true;
  return (
    <section>
      <Head title="Topology" text={names.length > 0 && !known ? `${text}; no values yet` : text}>
        {choice}
      </Head>
      <div class="topology-grid">
        <div class="graph-box">
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} class="graph" role="group" aria-label="The grid with its values">
            {edges.map((edge) => (
              <Edge key={edge.item.id} edge={edge} places={places} scale={edgeScale} />
            ))}
            {nodes.map((node) => (
              <Node key={node.item.id} node={node} places={places} scale={nodeScale} />
            ))}
          </svg>
          {nodeScale !== undefined && <Scale scale={nodeScale} />}
          {edgeScale !== undefined && <Scale scale={edgeScale} />}
        </div>
        <Values beyond={beyond} nodes={nodes} edges={edges} topology={topology}>
          <Missing items={[...topology.nodes, ...topology.edges]} ever={ever} />
        </Values>
      </div>
    </section>
  );
}

function placesOf({ nodes, edges }: Topology): ReadonlyMap<string, { x: number; y: number }> {
  const ids = nodes.map(({ id }) => id);
  const isPlaced = nodes.every(({ x, y }) => x !== undefined && y !== undefined);
  const unit = isPlaced
    ? fitted(
        ids,
        nodes.map(({ x }) => x!),
        nodes.map(({ y }) => y!),
      )
    : treeLayout(
        ids,
        edges.map(({ from, to }) => [from, to] as const),
      );
  return new Map([...unit].map(([id, { x, y }]) => [id, { x: 70 + x * (WIDTH - 140), y: 46 + y * (HEIGHT - 104) }]));
}

function show(series: string | undefined): void {
  if (series !== undefined) go({ view: "series", series }, true);
}

function Edge({
  edge: { item, series, value: now },
  places,
  scale,
}: {
  edge: Valued<TopologyEdge>;
  places: ReturnType<typeof placesOf>;
  scale: TopologyScale | undefined;
}) {
  const [from, to] = [places.get(item.from), places.get(item.to)];
  if (from === undefined || to === undefined) return null;
  const colour = scale === undefined ? "var(--rule-strong)" : scaleColour(now, scale, theme());
  const over = scale !== undefined && isBeyond(now, scale);
  const isUnknown = scale !== undefined && now === null;
  const part = scale === undefined || now === null ? 0.3 : Math.min(1.2, Math.abs(now) / scale.high);
  const path = `M${from.x} ${from.y}C${(from.x + to.x) / 2} ${from.y} ${(from.x + to.x) / 2} ${to.y} ${to.x} ${to.y}`;
  const name = `${item.label ?? item.id}${scale === undefined ? "" : `: ${scaled(now, scale)}`}`;
  return (
    <g class={over ? "beyond" : ""}>
      <path
        d={path}
        fill="none"
        stroke={colour}
        stroke-width={2.5 + 5 * part}
        stroke-linecap="round"
        stroke-dasharray={over ? "10 4" : isUnknown ? "1 6" : undefined}
      >
        <title>{name}</title>
      </path>
      {series === undefined && item.label !== undefined && (
        <text x={(from.x + to.x) / 2} y={(from.y + to.y) / 2 - 5} text-anchor="middle" class="edge-label">
          {item.label}
        </text>
      )}
    </g>
  );
}

function Node({
  node: { item, series, value: now },
  places,
  scale,
}: {
  node: Valued<TopologyNode>;
  places: ReturnType<typeof placesOf>;
  scale: TopologyScale | undefined;
}) {
  const { x, y } = places.get(item.id)!;
  const over = scale !== undefined && isBeyond(now, scale);
  const isUnknown = scale !== undefined && now === null;
  const label = item.label ?? item.id;
  const lines = label.split("\n");
  const shape = (
    <>
      <circle
        cx={x}
        cy={y}
        r={11}
        class={`bus ${over ? "beyond" : isUnknown ? "unknown" : ""}`}
        {...(!isUnknown && {
          style: { fill: scale === undefined ? "var(--accent)" : scaleColour(now, scale, theme()) },
        })}
      />
      {over && (
        <text x={x} y={y + 4.5} text-anchor="middle" class="over-mark">
          !
        </text>
      )}
      <text x={x} y={y - 16} text-anchor="middle">
        {lines[0]}
      </text>
      <text x={x} y={y + 25} text-anchor="middle" class="sub">
        {scale === undefined ? lines.slice(1).join(" ") : now === null ? "" : onScale(now, scale)}
      </text>
    </>
  );
  const name = `${label}${scale === undefined ? "" : `: ${scaled(now, scale)}`}`;
  if (series === undefined) return <g aria-description={name}>{shape}</g>;
  return (
    <a
      href={`#${item.id}`}
      aria-description={name}
      onClick={(event) => {
        event.preventDefault();
        show(series);
      }}
    >
      {shape}
    </a>
  );
}

/** Which elements have no values at all, and why. */
function Missing({ items, ever }: { items: readonly (TopologyNode | TopologyEdge)[]; ever: ReadonlySet<string> }) {
  const { info, frame } = useRun();
  const valued = items.filter(({ series = [] }) => series.length > 0);
  const without = valued.filter(({ series = [] }) => !series.some((name) => ever.has(name)));
  const [first] = without;
  if (first === undefined || frame?.phase === "reading" || (info?.source === "live" && frame?.steps === 0)) return null;
  const some =
    without.length === valued.length
      ? "None of these has"
      : `${count(without.length)} of ${count(valued.length)} have no`;
  return (
    <p class="muted missing">
      {info?.source === "live" ? (
        <>
          {some} values so far: the run has shown no series <code>{first.series![0]}</code>.
        </>
      ) : (
        <>
          {some} values here. A recording has what agents were given and have shown; what other simulators put out, as{" "}
          <code>{first.series![0]}</code>, is on the page of the run itself (<code>--watch</code>), or here if an agent
          measures it.
        </>
      )}
    </p>
  );
}

/** A value in as many decimals as give the scale's end five digits: those of a column stand below each other. */
function onScale(now: number, { low = 0, high }: TopologyScale): string {
  const decimals = 5 - Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high))));
  return now.toFixed(Math.max(0, Math.min(12, decimals))).replace("-", "−");
}

function scaled(now: number | null, scale: TopologyScale): string {
  return now === null ? "no value" : `${onScale(now, scale)} ${scale.unit}`;
}

/** What the colours mean. */
function Scale({ scale }: { scale: TopologyScale }) {
  const low = scale.low ?? scale.best;
  const at = [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (scale.high - low));
  return (
    <p class="scale">
      <span>{scale.name}</span>
      <span class="muted">{value(low)}</span>
      <svg viewBox="0 0 100 10" aria-hidden="true">
        {at.map((one, i) => (
          <rect key={one} x={i * 20} width={20} height={10} style={{ fill: scaleColour(one, scale, theme()) }} />
        ))}
      </svg>
      <span class="muted">
        {value(scale.high)} {scale.unit}
      </span>
      <span class="muted">beyond: marked with ! or dashed</span>
    </p>
  );
}

function Values(props: {
  beyond: readonly Valued<TopologyNode | TopologyEdge>[];
  nodes: readonly Valued<TopologyNode>[];
  edges: readonly Valued<TopologyEdge>[];
  topology: Topology;
  children: ComponentChildren;
}) {
  const { beyond, nodes, edges, topology, children } = props;
  const rows = [
    ...nodes.map((one) => ({ ...one, scale: topology.nodeScale, agents: one.item.agents ?? [] })),
    ...edges.map((one) => ({ ...one, scale: topology.edgeScale, agents: [] as readonly string[] })),
  ].filter(({ series }) => series !== undefined || topology.nodeScale === undefined);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Values">
      {topology.nodeScale !== undefined && (
        <p class={beyond.length > 0 ? "bad" : "muted"}>
          {beyond.length > 0
            ? `${beyond.length} beyond their limits.`
            : rows.every(({ value: now }) => now !== null)
              ? "Nothing is beyond its limits."
              : rows.some(({ value: now }) => now !== null)
                ? "Of what has a value nothing is beyond its limits."
                : "Nothing has a value yet."}
        </p>
      )}
      {children}
      <table class="rows compact">
        <thead>
          <tr>
            <th scope="col">element</th>
            <th scope="col" class="number">
              value
            </th>
            <th scope="col">agents</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ item, series, value: now, scale, agents }) => (
            <tr key={item.id}>
              <th scope="row">
                {series === undefined ? (
                  (item.label ?? item.id).replace("\n", ", ")
                ) : (
                  <button type="button" class="link" onClick={() => show(series)}>
                    {item.label ?? item.id}
                  </button>
                )}
              </th>
              <td class={`number ${scale !== undefined && isBeyond(now, scale) ? "bad" : ""}`}>
                {now === null || scale === undefined ? value(now) : onScale(now, scale)}{" "}
                <span class="muted">{now === null ? "" : scale?.unit}</span>
              </td>
              <td class="values">
                {agents.map((id) => (
                  <span class="pair" key={id}>
                    <AgentLink id={id} />
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
