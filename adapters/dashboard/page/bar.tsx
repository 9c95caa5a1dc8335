import { useEffect, useReducer, useState } from "preact/hooks";
import type { RunPhase } from "../model/protocol.ts";
import { calendar, count, duration, parseTime, rate, seconds } from "./format.ts";
import { atOf, nowOf, useRun } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { back, command, forward, goTo, isPlaying, lastRefusal, maySteer, onRefusal, toggle } from "./steer.ts";
import { theme, toggleTheme } from "./theme.ts";
import { Text } from "./ui.tsx";
import { go } from "./url.ts";

const PHASES: Record<RunPhase, string> = {
  starting: "starting",
  running: "running",
  paused: "paused",
  waiting: "waiting for the master",
  ended: "ended",
  failed: "failed",
  reading: "reading",
  following: "being written",
};

const SPEEDS = [0, 1, 10, 60, 600, 3600, 36_000] as const;

/** Name, state, time and controls: what is always in sight. */
export function Bar({ onHelp }: { onHelp: () => void }) {
  const { info, frame, missed } = useRun();
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onRefusal(() => draw(undefined as never)), []);
  if (info === undefined || frame === undefined) return <header class="bar" />;
  const isPast = info.source !== "live";
  const at = nowOf(info, frame);
  const isCut = info.source === "recording" && info.missing !== "";
  const past = isCut ? "recording without its end" : info.source;
  const phase = isPast && frame.phase === "ended" ? past : PHASES[frame.phase];
  const part = isPast ? (frame.phase === "reading" ? frame.fraction : -1) : frame.fraction;
  return (
    <header class="bar">
      <div class="who">
        <span class="title" title={info.title}>
          {info.title}
        </span>
        <span class={`phase p-${isPast ? "recording" : frame.phase}`} role="status">
          {phase}
          {part >= 0 && frame.phase !== "ended" && ` ${Math.floor(part * 100)} %`}
        </span>
      </div>
      <div class="when" aria-live="off">
        <span class="clock">{calendar(at, info) || seconds(at, info)}</span>
        <span class="muted">{seconds(at, info)}</span>
      </div>
      <Controls />
      <div class="rates">
        {isPast ? (
          <>
            <span>
              <b>{count(frame.steps)}</b> times
            </span>
            <span>
              <b>{count(frame.messages)}</b> messages
            </span>
          </>
        ) : (
          <>
            <span>
              <b>{rate(frame.stepRate)}</b> times/s
            </span>
            <span
              title={
                missed > 0 ? `This page was too slow for ${missed} pictures; nothing of the run was lost.` : undefined
              }
            >
              <b>{rate(frame.messageRate)}</b> messages/s
            </span>
          </>
        )}
      </div>
      <button
        type="button"
        class="icon"
        onClick={toggleTheme}
        aria-label={`Use the ${theme() === "dark" ? "light" : "dark"} colours`}
        title="Light or dark"
      >
        <Icon name="theme" />
      </button>
      <button type="button" class="icon" onClick={onHelp} aria-label="Help and keys" title="Help and keys (?)">
        ?
      </button>
    </header>
  );
}

function Controls() {
  const { info, frame } = useRun();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  if (info === undefined || frame === undefined) return null;
  const isPast = info.source !== "live";
  const steers = maySteer();
  const isHeld = isPast ? !isPlaying() : frame.phase === "paused";
  const refusal = wrong || lastRefusal();
  const submit = async (event: Event) => {
    event.preventDefault();
    const said = await goTo(parseTime(text, info));
    setWrong(said);
    if (said === "") setText("");
  };
  return (
    <div class="controls">
      <div role="group" aria-label={isPast ? "Go through the recording" : "Hold the run"}>
        {isPast && (
          <button
            type="button"
            onClick={() => void back()}
            title="To the time before (←)"
            aria-label="To the time before"
          >
            <Icon name="back" />
          </button>
        )}
        <button
          type="button"
          class="main"
          disabled={!isPast && !steers}
          onClick={toggle}
          title={isPast ? "Play or stop (space)" : "Run or pause (space)"}
        >
          <Icon name={isHeld ? "play" : isPast ? "stop" : "pause"} />
          {isHeld ? (isPast ? "Play" : "Run") : isPast ? "Stop" : "Pause"}
        </button>
        <button
          type="button"
          disabled={!isPast && !steers}
          onClick={() => void forward()}
          title={isPast ? "To the next time (→)" : "One step (→)"}
          aria-label={isPast ? "To the next time" : "One step"}
        >
          <Icon name="step" />
          {isPast ? "" : "Step"}
        </button>
        {frame.phase === "following" && (
          <button
            type="button"
            aria-pressed={atOf(info) === undefined}
            onClick={() => go({ at: undefined })}
            title="Show what comes as it is written"
          >
            Follow
          </button>
        )}
      </div>
      <form onSubmit={submit}>
        <input
          class="goto"
          aria-label={isPast ? "Go to time" : "Run to time"}
          aria-invalid={wrong !== ""}
          placeholder={isPast ? "go to 12:15 or s" : "run to 12:15 or s"}
          value={text}
          disabled={!isPast && !steers}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setWrong("");
          }}
        />
      </form>
      {!isPast && (
        <label class="speed">
          <span class="sr">Speed</span>
          <select
            aria-label="Speed, in seconds of the run per second"
            disabled={!steers}
            value={String(frame.speed)}
            onChange={(event) => void command({ do: "speed", value: Number(event.currentTarget.value) })}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speed === 0 ? "full speed" : `${count(speed)} ×`}
              </option>
            ))}
          </select>
        </label>
      )}
      <span class="refusal" role="alert">
        {refusal}
      </span>
    </div>
  );
}

/** What has gone wrong with the run or its connection. */
export function Banner() {
  const { info, frame, link } = useRun();
  if (link === "lost") {
    return (
      <p class="banner bad" role="alert">
        The run's program does not answer any more: it has ended, or its connection is lost. What you see is the last
        that was known.
      </p>
    );
  }
  if (info === undefined || frame?.phase !== "failed") return null;
  return (
    <p class="banner bad" role="alert">
      <b>{info.source === "live" ? "The run has failed." : "This recording is damaged."}</b> {frame.failure}
    </p>
  );
}

/** Why the run stands, and what there is to know besides; at a place of its own, so that nothing jumps. */
export function Note() {
  const { info, frame } = useRun();
  if (info === undefined || frame === undefined) return null;
  const lines: string[] = [];
  if (frame.phase === "paused")
    lines.push(`Paused after ${calendar(frame.ticks, info) || seconds(frame.ticks, info)}.`, info.note);
  if (frame.runTo >= 0) lines.push(`Runs to ${calendar(frame.runTo, info) || seconds(frame.runTo, info)}.`);
  if (frame.phase === "waiting") {
    lines.push(`All that was asked for is done. The master has not asked for more for ${duration(frame.waitingMs)}.`);
  }
  if (info.source === "live" && frame.phase === "ended")
    lines.push("The run is over; this page stays until its program is ended.");
  if (info.controls === "read-only") lines.push("This page may only look.");
  if (frame.phase === "reading") {
    lines.push(
      `Read up to ${calendar(frame.ticks, info) || seconds(frame.ticks, info)}; what is later comes by itself.`,
    );
  }
  if (info.source !== "live") lines.push(info.missing);
  return (
    <p class="note" role="status">
      <Text text={lines.filter((line) => line !== "").join(" ")} />
    </p>
  );
}
