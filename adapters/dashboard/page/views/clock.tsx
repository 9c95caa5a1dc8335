import type { SeriesAnswer, StateAnswer } from "../../model/protocol.ts";
import { calendar, count, duration, rate, seconds } from "../format.ts";
import { atOf, nowOf, useAnswer, useRun } from "../hooks.ts";
import { Plot } from "../plot.tsx";
import { Head, Kind, Notice, Text } from "../ui.tsx";
import { go } from "../url.ts";

/** What the clock does: where the run is, how fast, and what there was so far. */
export function ClockView() {
  const { info, frame } = useRun();
  const at = atOf(info);
  const { data } = useAnswer<StateAnswer>({ ask: "state", ...(at !== undefined && { at }) });
  const now = nowOf(info, frame);
  const span = frame!.span;
  const { data: plotted } = useAnswer<SeriesAnswer>({
    ask: "series",
    names: ["run.messages"],
    from: span[0],
    to: span[1],
    columns: 900,
  });
  if (info === undefined || frame === undefined) return null;
  const state = data ?? { ...frame, kinds: {} };
  const line = plotted?.series[0];
  const isLive = info.source === "live";
  return (
    <section class="clock-view">
      <Head
        title="Clock"
        text={isLive ? "Where the run is, and how fast it goes." : "The run as it stood at the time below."}
      />
      <div class="cards">
        <Card
          name="Simulation time"
          value={calendar(now, info) || seconds(now, info)}
          more={`${seconds(now, info)} · round ${state.round}`}
          wide
        />
        <Card
          name="Times"
          value={count(state.steps)}
          more={isLive ? `${rate(frame.stepRate)} a second` : "distinct ones"}
          id="steps"
        />
        <Card
          name="Messages"
          value={count(state.messages)}
          more={isLive ? `${rate(frame.messageRate)} a second` : `of ${count(state.events)} events`}
          id="messages"
        />
        <Card name="Agents" value={count(state.agents)} more="alive" id="agents" />
        <Card
          name="Faults"
          value={count(state.faults)}
          more={state.faults === 0 ? "none so far" : "see the log"}
          tone={state.faults > 0 ? "bad" : ""}
          id="faults"
        />
      </div>
      {isLive && <Progress />}
      <h2>Messages at each time</h2>
      {line === undefined || line.times.length === 0 ? (
        <Notice title="Nothing has been said yet">
          Messages appear here with the first step in which an agent gets one.
        </Notice>
      ) : (
        <Plot
          info={info}
          groups={[{ label: "messages", lines: [{ line, index: 0 }] }]}
          from={span[0]}
          to={span[1]}
          mark={isLive ? undefined : now}
          height={160}
          bare
          label="Messages at each time of the run"
          {...(!isLive && { onPick: (ticks: number) => pick(ticks, info) })}
        />
      )}
      <div class="columns">
        <div>
          <h2>Events by kind</h2>
          <Kinds kinds={state.kinds} />
        </div>
        <div>
          <h2>This run</h2>
          <dl class="facts">
            <Fact name="seed" value={info.seed === "" ? "not known" : info.seed} />
            <Fact name="start" value={info.start === "" ? "not known" : info.start} />
            <Fact name="resolution" value={`${count(info.ticksPerSecond)} ticks a second`} />
            <Fact
              name={isLive && frame.phase !== "ended" ? "trace hash so far" : "trace hash"}
              value={frame.hash === "" ? (isLive ? "not known yet" : "not known before its end") : frame.hash}
            />
            {frame.lagS >= 0 && <Fact name="behind the wall's clock" value={`${frame.lagS.toFixed(3)} s`} />}
            {info.facts.map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
            {info.missing !== "" && <Fact name="not in it" value={info.missing} />}
          </dl>
        </div>
      </div>
    </section>
  );
}

function pick(plotted: number, info: { start: string; ticksPerSecond: number }): void {
  const start = info.start === "" ? 0 : Date.parse(info.start) / 1000;
  go({ at: Math.max(0, Math.round((plotted - start) * info.ticksPerSecond)) });
}

function Card(props: { name: string; value: string; more: string; wide?: boolean; tone?: string; id?: string }) {
  const { name, value, more, wide = false, tone = "", id } = props;
  return (
    <div class={`card ${wide ? "wide" : ""} ${tone}`} {...(id !== undefined && { "data-card": id })}>
      <span class="name">{name}</span>
      <span class="value">{value}</span>
      <span class="more">{more}</span>
    </div>
  );
}

function Progress() {
  const { frame } = useRun();
  if (frame === undefined) return null;
  const waits = frame.phase === "waiting" ? `waiting for the master for ${duration(frame.waitingMs)}` : "";
  const text = [
    frame.fraction >= 0 ? `${Math.floor(frame.fraction * 100)} %` : "Nobody says how far the run is.",
    frame.label,
    waits,
  ];
  return (
    <div class="progress">
      {frame.fraction >= 0 && <progress aria-label="Progress of the run" max={1} value={frame.fraction} />}
      <span class="muted">{text.filter((part) => part !== "").join(" · ")}</span>
    </div>
  );
}

function Kinds({ kinds }: { kinds: Readonly<Record<string, number>> }) {
  const all = Object.entries(kinds)
    .filter(([kind]) => kind !== "tick")
    .sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...all.map(([, n]) => n));
  if (all.length === 0) return <p class="muted">None so far.</p>;
  return (
    <table class="kinds">
      <tbody>
        {all.map(([kind, n]) => (
          <tr key={kind}>
            <th scope="row">
              <Kind kind={kind} />
            </th>
            <td class="number">{count(n)}</td>
            <td class="bar-cell">
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * n) / most} height="6" rx="1" class="density" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Text text={value} />
      </dd>
    </div>
  );
}
