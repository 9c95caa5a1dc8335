import type { EventLine, RunInfo } from "../model/protocol.ts";
import { AgentLink, Kind, Time } from "./ui.tsx";
import { go } from "./url.ts";

/** Events as rows. @param of - The agent whose page it is: it is not named again. */
export function EventTable({ events, info, of }: { events: readonly EventLine[]; info: RunInfo; of?: string }) {
  return (
    <table class="rows events">
      <thead>
        <tr>
          <th scope="col">time</th>
          <th scope="col">kind</th>
          {of === undefined && <th scope="col">agent</th>}
          <th scope="col">{of === undefined ? "from" : "with"}</th>
          <th scope="col">what</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event, i) => (
          <tr key={`${event.id}${event.ticks}${event.kind}${i}`}>
            <td>
              <Time ticks={event.ticks} info={info} />
            </td>
            <td>
              <Kind kind={event.kind} />
            </td>
            {of === undefined && (
              <td>
                <AgentLink id={event.agent} />
              </td>
            )}
            <td>
              <AgentLink id={of === undefined || event.agent === of ? event.peer : event.agent} />
            </td>
            <td class="what" title={event.text}>
              {event.method !== "" && <b>{event.method}</b>} <span class="mono">{event.text}</span>
              {event.id !== "" && event.peer !== "" && (
                <button
                  type="button"
                  class="link why"
                  onClick={() =>
                    go(
                      { view: "lanes", agent: undefined, event: event.id, eventAt: event.ticks, laneAt: event.ticks },
                      true,
                    )
                  }
                >
                  why?
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
