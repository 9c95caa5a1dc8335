import type { EventsAnswer } from "../../model/protocol.ts";
import { EventTable } from "../event-table.tsx";
import { count, shortTime } from "../format.ts";
import { isLooking, nowOf, useAnswer, useRested, useRun } from "../hooks.ts";
import { Choice, Field, Head, Notice, Time } from "../ui.tsx";
import { go, param } from "../url.ts";

const KINDS = {
  notes: ["log", "fault", "failure", "created", "removed"],
  bad: ["fault", "failure"],
  all: [],
} as const;

/** Lines that are shown. */
const LINES = 300;

/** What agents have logged, and what went wrong. */
export function LogView() {
  const { info, frame } = useRun();
  const which = (param("log") || "notes") as keyof typeof KINDS;
  const text = useRested(param("find"));
  const now = nowOf(info, frame);
  const filter = { kinds: KINDS[which] ?? KINDS.notes, ...(text !== "" && { text }) };
  const { data, error } = useAnswer<EventsAnswer>({
    ask: "events",
    from: 0,
    to: now,
    limit: LINES,
    last: true,
    filter,
  });
  if (info === undefined || frame === undefined) return null;
  const events = data?.events ?? [];
  const looking = isLooking(data, LINES) ? `, looking for more before ${shortTime(data!.since, info)}` : "";
  const older = looking || (data?.more === true ? ", older ones are left out" : "");
  const found =
    events.length === 0 && looking !== "" ? looking.slice(2) : `${count(events.length)} lines, the last first${older}`;
  return (
    <section>
      <Head title="Log" text={data === undefined ? "…" : found}>
        <Choice
          label="What"
          value={which}
          onPick={(log) => go({ log })}
          options={[
            ["notes", "logs and life"],
            ["bad", "faults"],
            ["all", "every event"],
          ]}
        />
        <Field
          label="Search"
          search
          value={param("find")}
          placeholder="part of a line"
          onInput={(find) => go({ find })}
        />
      </Head>
      {error !== "" && (
        <Notice title="The log could not be read" tone="bad">
          {error}
        </Notice>
      )}
      {info.source === "live" && data !== undefined && data.since > 0 && (
        <p class="muted">
          What was before <Time ticks={data.since} info={info} /> is not kept by a run that goes on. Record it, and look
          there: <code>--record run.mcap</code>
        </p>
      )}
      {data !== undefined && events.length === 0 && looking === "" ? (
        <Notice title={which === "bad" ? "Nothing has gone wrong" : "No lines"}>
          {text !== ""
            ? "No line has this text in it."
            : which === "bad"
              ? "No agent has failed and no call was answered by an error."
              : "Agents write here by this.log(…); nobody has so far."}
        </Notice>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Log">
          <EventTable events={events.toReversed()} info={info} />
        </div>
      )}
    </section>
  );
}
