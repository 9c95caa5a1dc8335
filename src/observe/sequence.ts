import type { TraceEvent } from "../trace.ts";

/** The languages of sequence diagrams. */
export type SequenceFormat = "mermaid" | "plantuml";

/** Characters of a message's text. */
const TEXT_CHARS_MAX = 60;

/** Draws messages between agents as a sequence diagram; what agents do by themselves is a note. */
export class SequenceDiagram {
  readonly #format: SequenceFormat;
  readonly #ticksPerSecond: number;
  /** Names in the diagram, by agents. */
  readonly #names = new Map<string, string>();
  readonly #lines: string[] = [];
  #ticks = -1;

  constructor(format: SequenceFormat, ticksPerSecond: number) {
    this.#format = format;
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** Messages and notes so far. */
  get size(): number {
    return this.#lines.length;
  }

  /** @param text - What the event carries. */
  add(event: TraceEvent, text: string): void {
    if (event.kind === "step" || event.kind === "tick" || event.kind === "timer") return;
    const agent = this.#nameOf(event.agent);
    if (event.ticks !== this.#ticks) {
      this.#ticks = event.ticks;
      this.#note(agent, agent, `t = ${event.ticks / this.#ticksPerSecond} s`);
    }
    switch (event.kind) {
      case "input":
      case "request":
      case "oneway":
        this.#message(
          this.#nameOf(event.peer),
          agent,
          `${event.method}${text}`,
          event.kind === "oneway" ? "oneway" : "call",
        );
        return;
      case "reply":
      case "failure":
        this.#message(this.#nameOf(event.peer), agent, text, event.kind);
        return;
      default:
        this.#note(agent, agent, `${event.kind} ${text}`);
    }
  }

  /** The diagram; `left` events were left out. */
  text(left: number): string {
    const mermaid = this.#format === "mermaid";
    const names = [...this.#names].map(([agent, name]) => {
      const shown = agent === "@" ? "outside" : agent;
      return mermaid ? `participant ${name} as ${escaped(shown)}` : `participant "${escaped(shown)}" as ${name}`;
    });
    const [first] = this.#names.values();
    if (left > 0 && first !== undefined) this.#note(first, first, `${left} more events were left out`);
    const body = [...names, ...this.#lines];
    return mermaid
      ? ["sequenceDiagram", ...body.map((line) => `  ${line}`), ""].join("\n")
      : ["@startuml", ...body, "@enduml", ""].join("\n");
  }

  #message(from: string, to: string, text: string, kind: "call" | "oneway" | "reply" | "failure"): void {
    const mermaid = { call: "->>", oneway: "-)", reply: "-->>", failure: "--x" }[kind];
    const plantuml = { call: "->", oneway: "->>", reply: "-->", failure: "-->x" }[kind];
    const arrow = this.#format === "mermaid" ? mermaid : plantuml;
    this.#lines.push(`${from}${arrow}${to}: ${escaped(text)}`);
  }

  #note(from: string, to: string, text: string): void {
    const mermaid = this.#format === "mermaid";
    const where = from === to ? from : `${from},${to}`;
    this.#lines.push(mermaid ? `Note over ${where}: ${escaped(text)}` : `note over ${where} : ${escaped(text)}`);
  }

  #nameOf(agent: string): string {
    let name = this.#names.get(agent);
    if (name === undefined) {
      name = `a${this.#names.size}`;
      this.#names.set(agent, name);
    }
    return name;
  }
}

/** One line without what either language reads as its own. */
function escaped(text: string): string {
  const line = text.replace(/[\r\n]+/g, " ").replace(/[;#"]/g, "'");
  return line.length <= TEXT_CHARS_MAX ? line : `${line.slice(0, TEXT_CHARS_MAX - 1)}…`;
}
