import type { ComponentChildren } from "preact";
import type { EventLine, RunInfo } from "../model/protocol.ts";
import { shortTime } from "./format.ts";
import { go, hrefTo } from "./url.ts";

/** What an empty or failed view says, and what to do about it. */
export function Notice({
  title,
  children,
  tone = "quiet",
}: {
  title: string;
  children?: ComponentChildren;
  tone?: "quiet" | "bad";
}) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

/** A text in which what stands between backticks is code. */
export function Text({ text }: { text: string }) {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part))}</>;
}

/** A view's head: its name, what it says of itself, and its tools. */
export function Head({
  title,
  text,
  children,
}: {
  title: string;
  text?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <header class="head">
      <div>
        <h1>{title}</h1>
        {text !== undefined && <p class="muted">{text}</p>}
      </div>
      <div class="tools">{children}</div>
    </header>
  );
}

/** A field with its label; `/` goes to the one that is a search. */
export function Field(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  search?: boolean;
  list?: string;
  width?: string;
}) {
  const { label, value, onInput, placeholder = "", search = false, list, width = "11rem" } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type={search ? "search" : "text"}
        value={value}
        placeholder={placeholder}
        style={{ width }}
        spellcheck={false}
        autocomplete="off"
        {...(search && { "data-search": "" })}
        {...(list !== undefined && { list })}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** A choice of a few. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onPick,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onPick: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => onPick(name)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}

/** @param text - Shown in place of the id. */
export function AgentLink({ id, text = id }: { id: string; text?: string }) {
  if (id === "" || id === "@") return <span class="muted">{id === "@" ? "outside" : ""}</span>;
  return (
    <a
      class="agent"
      title={text === id ? undefined : id}
      aria-label={text === id ? undefined : id}
      href={hrefTo({ view: "agents", agent: id })}
      onClick={(event) => {
        event.preventDefault();
        go({ view: "agents", agent: id }, true);
      }}
    >
      {text}
    </a>
  );
}

/** A time; on a recording a link that goes there. */
export function Time({ ticks, info }: { ticks: number; info: RunInfo }) {
  const text = ticks < 0 ? "–" : shortTime(ticks, info);
  if (info.source === "live" || ticks < 0) return <span class="time">{text}</span>;
  return (
    <button type="button" class="link time" title="Look at this time" onClick={() => go({ at: ticks }, true)}>
      {text}
    </button>
  );
}

/** Kinds of events with a mark of their own, for those who do not see its colour. */
const MARKS: Record<string, string> = {
  input: "⇥",
  request: "→",
  oneway: "⇀",
  reply: "↩",
  failure: "✕",
  timer: "◷",
  external: "⇅",
  log: "≡",
  created: "+",
  removed: "−",
  fault: "!",
  step: "▸",
  output: "↥",
};

export function Kind({ kind }: { kind: string }) {
  return (
    <span class={`kind k-${kind}`}>
      <span aria-hidden="true">{MARKS[kind] ?? "·"}</span> {kind}
    </span>
  );
}

/** What an event was, in a line. */
export function sentence({ kind, agent, peer, method, text }: EventLine): string {
  const from = peer === "@" ? "outside" : peer;
  if (kind === "input" || kind === "request" || kind === "oneway")
    return `${from} → ${agent}: ${method}(${text.replace(/^\[|\]$/g, "")})`;
  if (kind === "reply" || kind === "failure") return `${from} ↩ ${agent}: ${method} gave ${text}`;
  return `${agent}: ${kind}${text === "" ? "" : ` ${text}`}`;
}
