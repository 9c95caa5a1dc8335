import { useState } from "preact/hooks";
import type {
  AgentAnswer,
  AgentLine,
  AgentSort,
  AgentsAnswer,
  EventsAnswer,
  SeriesAnswer,
} from "../../model/protocol.ts";
import { EventTable } from "../event-table.tsx";
import { count, value } from "../format.ts";
import { grouped } from "../group.ts";
import { atOf, nowOf, useAnswer, useRested, useRun } from "../hooks.ts";
import { Plot } from "../plot.tsx";
import { AgentLink, Field, Head, Kind, Notice, Time } from "../ui.tsx";
import { follow, go, hrefTo, param } from "../url.ts";

/** Rows of the table at first, and how many more are shown at a time. */
const ROWS = 100;

/** The agents, or the one that was chosen. */
export function AgentsView() {
  const id = param("agent");
  return id === "" ? <AgentTable /> : <AgentPage id={id} />;
}

const COLUMNS: readonly (readonly [AgentSort, string])[] = [
  ["id", "agent"],
  ["type", "class"],
  ["received", "received"],
  ["sent", "sent"],
  ["faults", "faults"],
  ["last", "last event"],
];

function AgentTable() {
  const { info, frame } = useRun();
  const [limit, setLimit] = useState(ROWS);
  const [sort, down] = [(param("sort") || "id") as AgentSort, param("down") === "1"];
  const search = useRested(param("search"));
  const at = atOf(info);
  const { data, error } = useAnswer<AgentsAnswer>({
    ask: "agents",
    search,
    sort,
    down,
    limit,
    ...(at !== undefined && { at }),
  });
  if (info === undefined || frame === undefined) return null;
  const order = (column: AgentSort) => {
    const isNumber = column !== "id" && column !== "type";
    go({ sort: column, down: (column === sort ? !down : isNumber) ? "1" : undefined });
  };
  const text =
    data === undefined
      ? "…"
      : data.found === data.total
        ? `${count(data.total)} agents`
        : `${count(data.found)} of ${count(data.total)} agents`;
  return (
    <section>
      <Head title="Agents" text={text}>
        <Field
          label="Search"
          search
          value={param("search")}
          placeholder="id or class"
          onInput={(typed) => go({ search: typed })}
        />
      </Head>
      {error !== "" && (
        <Notice title="The agents could not be read" tone="bad">
          {error}
        </Notice>
      )}
      {data !== undefined && data.found === 0 ? (
        <Notice title={data.total === 0 ? "There are no agents yet" : "No agent fits"}>
          {data.total === 0
            ? "They appear with the first step of a run that has some."
            : "Search for a part of an id or of a class; an empty search shows all."}
        </Notice>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of agents">
          <table class="rows">
            <thead>
              <tr>
                {COLUMNS.map(([column, name]) => (
                  <th
                    key={column}
                    scope="col"
                    class={column === "id" || column === "type" || column === "last" ? "" : "number"}
                    aria-sort={column === sort ? (down ? "descending" : "ascending") : "none"}
                  >
                    <button type="button" class="sort" onClick={() => order(column)}>
                      {name}
                      <span aria-hidden="true">{column === sort ? (down ? " ↓" : " ↑") : "  "}</span>
                    </button>
                  </th>
                ))}
                <th scope="col">values now</th>
              </tr>
            </thead>
            <tbody>
              {data?.agents.map((agent) => (
                <tr key={agent.id} class={agent.state === "removed" ? "gone" : ""}>
                  <th scope="row">
                    <AgentLink id={agent.id} />
                  </th>
                  <td>{agent.type || "–"}</td>
                  <td class="number">{count(agent.received)}</td>
                  <td class="number">{count(agent.sent)}</td>
                  <td class={`number ${agent.faults > 0 ? "bad" : ""}`}>{agent.faults}</td>
                  <td>
                    <span class="last">
                      <Time ticks={agent.last} info={info} /> {agent.lastKind !== "" && <Kind kind={agent.lastKind} />}
                    </span>
                  </td>
                  <td class="values">
                    <Values agent={agent} max={4} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {data !== undefined && data.found > data.agents.length && limit < 500 && (
            <button type="button" class="more-rows" onClick={() => setLimit(Math.min(500, limit + 200))}>
              Show more of {count(data.found - data.agents.length)}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Values({ agent, max }: { agent: AgentLine; max: number }) {
  const all = Object.entries(agent.values);
  return (
    <>
      {all.slice(0, max).map(([name, one]) => (
        <span class="pair" key={name}>
          <span class="muted">{name.replace(/^measure\./, "")}</span> {value(one)}
        </span>
      ))}
      {all.length > max && <span class="muted">+{all.length - max}</span>}
    </>
  );
}

/** One agent: what it puts out, what happened to it, and who it talks to. */
function AgentPage({ id }: { id: string }) {
  const { info, frame } = useRun();
  const at = atOf(info);
  const [now, last] = [nowOf(info, frame), frame?.span[1] ?? 0];
  const { data, error } = useAnswer<AgentAnswer>({ ask: "agent", id, ...(at !== undefined && { at }) });
  const names = data?.series.slice(0, 12) ?? [];
  const { data: plotted } = useAnswer<SeriesAnswer>(
    names.length === 0 ? undefined : { ask: "series", names, from: 0, to: last, columns: 900 },
  );
  const { data: events } = useAnswer<EventsAnswer>({
    ask: "events",
    from: 0,
    to: now,
    limit: 60,
    last: true,
    filter: { agents: [id] },
  });
  if (info === undefined || frame === undefined) return null;
  const agent = data?.agent;
  const groups = grouped(plotted?.series ?? []);
  return (
    <section>
      <Head
        title={id}
        text={
          agent === undefined ? (
            data === undefined ? (
              "…"
            ) : (
              "This agent is not there at this time."
            )
          ) : (
            <>
              {agent.type} · {agent.state} · {count(agent.received)} messages received, {count(agent.sent)} sent
              {agent.faults > 0 && <span class="bad"> · {agent.faults} faults</span>}
            </>
          )
        }
      >
        <a href={hrefTo({ agent: undefined })} onClick={follow({ agent: undefined })}>
          ← all agents
        </a>
        <a
          href={hrefTo({ view: "lanes", agent: undefined, who: id })}
          onClick={follow({ view: "lanes", agent: undefined, who: id })}
        >
          its lanes →
        </a>
      </Head>
      {error !== "" && (
        <Notice title="The agent could not be read" tone="bad">
          {error}
        </Notice>
      )}
      <div class="agent-grid">
        <div>
          <h2>Values</h2>
          {agent !== undefined && Object.keys(agent.values).length > 0 ? (
            <dl class="facts values-list">
              {Object.entries(agent.values).map(([name, one]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value(one)}</dd>
                </div>
              ))}
            </dl>
          ) : (
            <p class="muted">It has put out and measured nothing that is a number.</p>
          )}
          <h2>Talks to</h2>
          <Peers id={id} answer={data} />
        </div>
        <div>
          {groups.map((group) => (
            <div key={group.label}>
              <h2>{group.label}</h2>
              <Plot
                info={info}
                groups={[group]}
                from={0}
                to={Math.max(1, last)}
                mark={info.source === "live" ? undefined : now}
                height={130}
                bare
                label={`${group.label} of ${id} over time`}
              />
            </div>
          ))}
          <h2>Last events</h2>
          {events !== undefined && events.events.length > 0 ? (
            <EventTable events={events.events.toReversed()} info={info} of={id} />
          ) : (
            <p class="muted">None are kept.</p>
          )}
        </div>
      </div>
    </section>
  );
}

function Peers({ id, answer }: { id: string; answer: AgentAnswer | undefined }) {
  const byPeer = new Map<string, { sent: number; received: number }>();
  for (const { from, to, count: n } of answer?.peers ?? []) {
    const peer = from === id ? to : from;
    const both = byPeer.get(peer) ?? { sent: 0, received: 0 };
    byPeer.set(peer, from === id ? { ...both, sent: both.sent + n } : { ...both, received: both.received + n });
  }
  if (byPeer.size === 0) return <p class="muted">Nobody so far.</p>;
  return (
    <table class="rows compact">
      <thead>
        <tr>
          <th scope="col">peer</th>
          <th scope="col" class="number">
            to it
          </th>
          <th scope="col" class="number">
            from it
          </th>
        </tr>
      </thead>
      <tbody>
        {[...byPeer].slice(0, 40).map(([peer, both]) => (
          <tr key={peer}>
            <th scope="row">
              <AgentLink id={peer} />
            </th>
            <td class="number">{count(both.sent)}</td>
            <td class="number">{count(both.received)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
