import type { ChainAnswer, EventLine, EventsAnswer, RunInfo } from "../../model/protocol.ts";
import { seconds, shortTime } from "../format.ts";
import { isLooking, nowOf, useAnswer, useRested, useRun, useWidth } from "../hooks.ts";
import { shortIds } from "../short-ids.ts";
import { AgentLink, Choice, Field, Head, Kind, Notice, Time } from "../ui.tsx";
import { go, listParam, param } from "../url.ts";

/** Messages that are drawn at a time. */
const ROWS = 120;
const ROW_PX = 26;
const TOP_PX = 40;
const LEFT_PX = 74;
/** Width that there is for all lanes on a small screen. */
const LANES_PX = 736;
/** What stands beside the lanes: the views, the times, the panel. */
const BESIDE_PX = 544;
/** Lanes that are drawn; messages of others are left out. */
const LANES_MAX = 16;

const MESSAGES = ["input", "request", "oneway", "reply", "failure"];

/** Who said what to whom, in order, and why. */
export function LanesView() {
  const { info, frame } = useRun();
  const who = useRested(param("who"));
  const method = useRested(param("method"));
  const kinds = listParam("kinds");
  const isLive = info?.source === "live";
  const from = param("laneAt") === "" ? undefined : Number(param("laneAt"));
  const now = nowOf(info, frame);
  const filter = {
    kinds: kinds.length === 0 ? MESSAGES : kinds,
    ...(who.trim() !== "" && { agents: names(who) }),
    ...(method.trim() !== "" && { methods: names(method) }),
  };
  const last = frame?.span[1] ?? 0;
  const { data, error } = useAnswer<EventsAnswer>(
    from === undefined
      ? { ask: "events", from: 0, to: now, limit: ROWS, last: true, filter }
      : { ask: "events", from, to: last, limit: ROWS, filter },
  );
  const chosen = param("event");
  const { data: chain } = useAnswer<ChainAnswer>(
    chosen === "" ? undefined : { ask: "chain", id: chosen, ticks: Number(param("eventAt")) },
  );
  if (info === undefined || frame === undefined) return null;
  const events = data?.events ?? [];
  const [first, final] = [events[0], events.at(-1)];
  const span =
    first === undefined || final === undefined
      ? isLooking(data, ROWS)
        ? `looking ${from === undefined ? "back" : "on"} at ${shortTime(from === undefined ? data!.since : data!.until, info)}`
        : "no messages"
      : `${shortTime(first.ticks, info)} to ${shortTime(final.ticks, info)}, ${events.length} messages`;
  return (
    <section class="lanes-view">
      <Head title="Lanes" text={data === undefined ? "…" : span}>
        <Field
          label="Agents"
          search
          value={param("who")}
          placeholder="PV-1, Trafo-1"
          onInput={(typed) => go({ who: typed })}
        />
        <Field
          label="Methods"
          value={param("method")}
          placeholder="all"
          width="8rem"
          onInput={(typed) => go({ method: typed })}
        />
        <Choice
          label="Kinds"
          value={kinds.join(",")}
          onPick={(picked) => go({ kinds: picked })}
          options={[
            ["", "all"],
            ["request,oneway", "calls"],
            ["input", "inputs"],
            ["failure", "failures"],
          ]}
        />
        <div role="group" aria-label="Go through the messages" class="pager">
          <button
            type="button"
            disabled={first === undefined || first.ticks === 0}
            onClick={() =>
              go({ laneAt: Math.max(0, (first?.ticks ?? 0) - Math.max(1, (final?.ticks ?? 0) - (first?.ticks ?? 0))) })
            }
          >
            ← earlier
          </button>
          <button
            type="button"
            disabled={final === undefined || (from === undefined && isLive)}
            onClick={() => go({ laneAt: final?.ticks === first?.ticks ? (final?.ticks ?? 0) + 1 : final?.ticks })}
          >
            later →
          </button>
          <button type="button" aria-pressed={from === undefined} onClick={() => go({ laneAt: undefined })}>
            {isLive ? "follow" : "to the time below"}
          </button>
        </div>
      </Head>
      {error !== "" && (
        <Notice title="The messages could not be read" tone="bad">
          {error}
        </Notice>
      )}
      {data !== undefined && events.length === 0 && !isLooking(data, ROWS) ? (
        <Notice title="No messages here">
          {who !== "" || method !== "" || kinds.length > 0
            ? "None fits these filters at this time: empty a filter, or go to another time."
            : "Agents have said nothing yet."}
        </Notice>
      ) : (
        <div class="lanes-grid">
          <div class="scroll" tabIndex={0} role="region" aria-label="Message sequence">
            <Diagram events={events} info={info} chosen={chosen} chain={chain?.chain ?? []} />
          </div>
          <Why info={info} chosen={chosen} answer={chain} events={events} />
        </div>
      )}
    </section>
  );
}

function names(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Agents that have a lane, in the order in which they turn up; those with most messages if there are too many. */
function lanesOf(events: readonly EventLine[]): string[] {
  const counts = new Map<string, number>();
  for (const { agent, peer } of events) for (const id of [peer, agent]) counts.set(id, (counts.get(id) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, LANES_MAX);
  const kept = new Set(most.map(([id]) => id));
  return [...counts.keys()].filter((id) => kept.has(id));
}

function Diagram({
  events,
  info,
  chosen,
  chain,
}: {
  events: readonly EventLine[];
  info: RunInfo;
  chosen: string;
  chain: readonly EventLine[];
}) {
  const lanes = lanesOf(events);
  const { prefix, short } = shortIds(lanes);
  const shown = events.filter(({ agent, peer }) => lanes.includes(agent) && lanes.includes(peer));
  const room = Math.max(LANES_PX, useWidth() - BESIDE_PX);
  const lanePx = Math.max(50, Math.min(170, room / Math.max(1, lanes.length)));
  const width = LEFT_PX + lanes.length * lanePx + 10;
  const height = TOP_PX + shown.length * ROW_PX + 16;
  const x = (id: string) => LEFT_PX + (lanes.indexOf(id) + 0.5) * lanePx;
  // One stop for the tab key; from message to message by the arrows.
  const stop = Math.max(
    0,
    shown.findIndex(({ id }) => id === chosen),
  );
  const inChain = new Set(chain.map(({ id }) => id));
  const rowOf = new Map(shown.map((event, i) => [rowKey(event), i]));
  return (
    <div class="diagram" style={{ width: `${width}px` }}>
      <div class={lanePx < 62 ? "lane-heads tight" : "lane-heads"}>
        {lanes.map((id) => (
          <span key={id} style={{ left: `${x(id) - lanePx / 2}px`, width: `${lanePx}px` }}>
            <AgentLink id={id} text={short(id)} />
          </span>
        ))}
        {prefix !== "" && (
          <span class="prefix muted" style={{ left: 0, width: `${LEFT_PX - 4}px` }}>
            {prefix}
          </span>
        )}
      </div>
      <svg
        width={width}
        height={height}
        class="sequence"
        role="group"
        aria-label="Messages as arrows from lane to lane"
      >
        <defs>
          <marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" class="arrow-head" />
          </marker>
          <marker id="open-head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto">
            <path d="M1 1 7.5 4 1 7" class="arrow-open" />
          </marker>
        </defs>
        {lanes.map((id) => (
          <line key={id} class="lane" x1={x(id)} x2={x(id)} y1={TOP_PX - 8} y2={height} />
        ))}
        {shown.map((event, i) => (
          <Arrow
            key={rowKey(event)}
            event={event}
            y={TOP_PX + i * ROW_PX + 16}
            from={x(event.peer)}
            to={x(event.agent)}
            info={info}
            before={shown[i - 1]}
            chosen={event.id === chosen}
            inChain={inChain.has(event.id)}
            isStop={stop === i}
            width={width}
          />
        ))}
        <ChainPath chain={chain} rowOf={rowOf} x={x} />
      </svg>
      {shown.length < events.length && (
        <p class="muted">
          {events.length - shown.length} messages of agents with few are left out: name some agents to see theirs.
        </p>
      )}
    </div>
  );
}

function rowKey({ id, kind, agent, ticks, round }: EventLine): string {
  return `${id} ${kind} ${agent} ${ticks} ${round}`;
}

function Arrow(props: {
  event: EventLine;
  y: number;
  from: number;
  to: number;
  info: RunInfo;
  before: EventLine | undefined;
  chosen: boolean;
  inChain: boolean;
  isStop: boolean;
  width: number;
}) {
  const { event, y, from, to, info, before, chosen, inChain, isStop, width } = props;
  const isNewTime = before === undefined || before.ticks !== event.ticks;
  const isNewRound = isNewTime || before.round !== event.round;
  const { kind, method, text } = event;
  const arrowTo = from === to ? to + 26 : to;
  const label =
    kind === "reply" || kind === "failure"
      ? text
      : `${method}${kind === "reply" ? "" : `(${text.replace(/^\[|\]$/g, "")})`}`;
  // The row is this message's alone: its text begins at the left end of the arrow, or ends at the right one.
  const [left, right] = [Math.min(from, arrowTo), Math.max(from, arrowTo)];
  const toTheRight = width - left >= right;
  const room = Math.floor((toTheRight ? width - left : right - LEFT_PX) / 6.1) - 3;
  const shownLabel = label.length > room ? `${label.slice(0, Math.max(1, room - 1))}…` : label;
  const rowText = isNewTime ? shortTime(event.ticks, info).split(" ").at(-1) : isNewRound ? `round ${event.round}` : "";
  const said = `${kind} ${method} from ${event.peer === "@" ? "outside" : event.peer} to ${event.agent}`;
  const choose = () => go({ event: event.id, eventAt: event.ticks });
  return (
    <g
      class={`message k-${kind} ${chosen ? "chosen" : ""} ${inChain ? "in-chain" : ""}`}
      role="button"
      tabIndex={isStop ? 0 : -1}
      aria-pressed={chosen}
      aria-description={`${said}, ${shortTime(event.ticks, info)}, round ${event.round}`}
      onClick={choose}
      onKeyDown={(pressed) => {
        const beside = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" } as const;
        const to = pressed.key === "Enter" ? undefined : pressed.currentTarget[beside[pressed.key as "ArrowUp"]];
        if (pressed.key === "Enter") choose();
        else if (to instanceof SVGElement && to.matches(".message")) to.focus();
        else return;
        pressed.preventDefault();
      }}
    >
      <rect class="hit" x={0} y={y - ROW_PX / 2 - 3} width={width} height={ROW_PX} />
      {isNewTime && <line class="time-rule" x1={0} x2={width} y1={y - ROW_PX / 2 - 4} y2={y - ROW_PX / 2 - 4} />}
      {rowText !== "" && (
        <text x={6} y={y + 4} class={isNewTime ? "row-time" : "row-round"}>
          {rowText}
        </text>
      )}
      <line
        class="arrow"
        x1={from}
        x2={arrowTo}
        y1={y + 3}
        y2={y + 3}
        marker-end={kind === "oneway" || kind === "reply" ? "url(#open-head)" : "url(#head)"}
      />
      {kind === "failure" && <path class="arrow" d={`M${(from + arrowTo) / 2 - 4} ${y - 1}l8 8m0-8l-8 8`} />}
      <text x={toTheRight ? left + 7 : right - 7} y={y - 1} text-anchor={toTheRight ? "start" : "end"} class="label">
        {shownLabel}
      </text>
    </g>
  );
}

/** A line through the events of the chosen chain that are in sight. */
function ChainPath({
  chain,
  rowOf,
  x,
}: {
  chain: readonly EventLine[];
  rowOf: ReadonlyMap<string, number>;
  x: (id: string) => number;
}) {
  const points = chain.flatMap((event) => {
    const row = rowOf.get(rowKey(event));
    return row === undefined ? [] : [[x(event.agent), TOP_PX + row * ROW_PX + 19] as const];
  });
  if (points.length < 2) return null;
  return (
    <g class="chain-path" aria-hidden="true">
      <polyline points={points.map(([px, py]) => `${px},${py}`).join(" ")} />
      {points.map(([px, py]) => (
        <circle key={`${px} ${py}`} cx={px} cy={py} r="4.5" />
      ))}
    </g>
  );
}

/** The chosen event, and the events that led to it. */
function Why({
  info,
  chosen,
  answer,
  events,
}: {
  info: RunInfo;
  chosen: string;
  answer: ChainAnswer | undefined;
  events: readonly EventLine[];
}) {
  if (chosen === "") {
    return (
      <aside class="why-panel" aria-label="Why" tabIndex={0}>
        <h2>Why?</h2>
        <p class="muted">
          Choose a message to see what led to it: each event is caused by the one during whose handling it was emitted.
        </p>
      </aside>
    );
  }
  const chain = answer?.chain ?? [];
  const event = chain[0] ?? events.find(({ id }) => id === chosen);
  return (
    <aside class="why-panel" aria-label="Why" tabIndex={0}>
      <div class="head-row">
        <h2>Why?</h2>
        <button type="button" class="link" onClick={() => go({ event: undefined, eventAt: undefined })}>
          close
        </button>
      </div>
      {event !== undefined && (
        <>
          <p>
            <Kind kind={event.kind} /> <b>{event.method}</b> to <AgentLink id={event.agent} />
          </p>
          <pre class="content">{event.text}</pre>
          <p class="muted">
            {seconds(event.ticks, info)}, round {event.round} · <code>{event.id}</code>
          </p>
        </>
      )}
      <h2>What led to it</h2>
      {answer !== undefined && chain.length <= 1 && answer.note === "" && (
        <p class="muted">Nothing in the run: it came from outside.</p>
      )}
      <ol class="chain">
        {chain.slice(1).map((one) => (
          <li key={`${one.id}${one.ticks}`}>
            <Time ticks={one.ticks} info={info} /> <span class="muted">round {one.round}</span>
            <br />
            <Kind kind={one.kind} /> <b>{one.method}</b> <AgentLink id={one.peer} /> {one.peer !== "" && "→"}{" "}
            <AgentLink id={one.agent} />
            <pre class="content short">{one.text}</pre>
          </li>
        ))}
      </ol>
      {answer?.note !== "" && <p class="muted">{answer?.note}</p>}
    </aside>
  );
}
