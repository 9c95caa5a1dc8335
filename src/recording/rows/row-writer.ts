import { Output, type WritingCodec } from "../../codec/index.ts";
import type { Sender } from "../../kernel/order.ts";
import type { Cause } from "../../kernel/trace/cause.ts";
import { RowKind, type TraceRow } from "../../kernel/trace/row.ts";
import type { AgentTraceEvent, TraceEvent } from "../../trace.ts";
import type { RunEntry } from "../entry.ts";
import { AgentCells } from "./agent-cells.ts";
import { type NameCell, type NameDictionary, NUMBER_MAX } from "./names.ts";
import { CODE, FEED, NONE, ROUND, STEP } from "./rows.ts";

/** Bytes of the buffer for a batch's rows; a batch of a round of 1,000 agents has a third of it. */
const ROWS_BYTES = 128 * 1024;

/** Bytes of the longest cell that is an integer. */
const INTEGER_BYTES = 5;

/** Bytes of the longest front of a row whose names are all cells. */
const FRONT_BYTES_MAX = 2 + 5 * INTEGER_BYTES;

/** Bytes of the longest text whose length is one byte. */
const SHORT_TEXT_MAX = 0xff;

/** What stands between agent and number in the id of a change of outputs. */
const OUTPUT = Buffer.from("#output-");

/** Codes of rows of the engine, by their kind; the others come as events. */
const CODE_OF: readonly number[] = [
  ...[CODE.input, CODE.timer, CODE.reply, CODE.failure, CODE.external, CODE.request, CODE.oneway, CODE.output],
];

/**
 * Writes rows of one tick in MsgPack, without making them first. `[0, round]` says the round of what follows, which
 * starts at 0; names are cells of the dictionary; an event's id and cause are two cells each, name and number.
 *
 * Rows come as entries, or as the engine has them (see {@link TraceRow}): then ids are no texts that have to be taken
 * apart. The bytes are the same.
 */
export class RowWriter {
  readonly #codec: WritingCodec;
  readonly #names: NameDictionary;
  readonly #agents: AgentCells;
  readonly #output = new Output(ROWS_BYTES);
  #round = 0;
  /** What messages were called last, and its cell: most are called the same. */
  #method = "";
  #methodCell: NameCell = "";
  /** Rows since {@link begin}. */
  count = 0;

  /** @param codec - Writes values; its bounds are those of a value in a row. */
  constructor(codec: WritingCodec, names: NameDictionary) {
    this.#codec = codec;
    this.#names = names;
    this.#agents = new AgentCells(names);
  }

  /** Begin a batch. */
  begin(): void {
    const output = this.#output;
    if (output.bytes.length > ROWS_BYTES) output.take(); // it was made for a large batch
    output.at = output.start;
    this.#round = 0;
    this.count = 0;
  }

  /** The rows since {@link begin}, good until the next one. */
  get bytes(): Uint8Array {
    const { bytes, start, at } = this.#output;
    return bytes.subarray(start, at);
  }

  /** Write an entry. */
  entry(entry: RunEntry): void {
    if (entry.kind !== "step") this.#inRound(entry.round);
    this.count++;
    switch (entry.kind) {
      case "feed":
        this.#row(3, FEED);
        this.#cell(this.#names.cell(entry.op));
        this.#value(entry.content);
        break;
      case "step":
        this.#row(6, STEP);
        this.#cell(this.#names.cell(entry.sim));
        for (const cell of [entry.time, entry.next ?? null, entry.inputs, entry.outputs]) this.#value(cell);
        break;
      default:
        this.#event(entry);
    }
  }

  #event(event: Exclude<TraceEvent, { kind: "step" }>): void {
    switch (event.kind) {
      case "tick":
        this.#row(1, CODE.tick);
        break;
      case "input":
      case "request":
      case "oneway":
        this.#message(event, event.peer, event.method, event.args);
        break;
      case "reply":
      case "failure":
        this.#message(event, event.peer, event.method, event.content);
        break;
      case "timer":
        this.#front(6, event, event.agent);
        break;
      case "external":
        this.#front(8, event, event.agent);
        this.#value(event.ok);
        this.#value(event.content);
        break;
      case "log":
        this.#front(8, event, event.agent);
        this.#value(event.message);
        this.#value(event.fields);
        break;
      case "created":
      case "removed":
        this.#front(7, event, event.agent);
        this.#cell(this.#names.cell(event.type));
        break;
      case "output":
        this.#front(7, event, event.agent);
        this.#value(event.values);
        break;
      case "fault":
        this.#front(8, event, event.agent);
        this.#cell(this.#names.cell(event.code));
        this.#value(event.message);
        break;
      default:
        throw new TypeError(`there is no entry of the kind ${JSON.stringify((event as { kind: unknown }).kind)}`);
    }
  }

  #message(event: AgentTraceEvent, peer: string, method: string, content: unknown): void {
    this.#front(9, event, peer);
    this.#cell(this.#names.cell(peer));
    this.#cell(this.#names.cell(method));
    this.#value(content);
  }

  /**
   * The cells that all events have.
   *
   * @param length - Cells of the row.
   * @param emitter - Who probably has emitted it.
   */
  #front(length: number, { kind, agent, id, cause }: AgentTraceEvent, emitter: string): void {
    const names = this.#names;
    const idName = names.idName(id, emitter, agent);
    const { idNumber } = names;
    const causeName = cause === undefined ? 0 : names.idName(cause, agent, emitter);
    const causeNumber = cause === undefined ? NONE : names.idNumber;
    this.#row(length, CODE[kind]);
    this.#cell(names.cell(agent));
    this.#cell(idName);
    this.#integer(idNumber);
    this.#cell(causeName);
    this.#integer(causeNumber);
  }

  /** Write a row of the engine's. */
  row(row: TraceRow): void {
    const { kind } = row;
    if (kind === RowKind.event) {
      this.entry(row.content as TraceEvent);
      return;
    }
    this.#inRound(row.tag.round);
    this.count++;
    if (kind === RowKind.timer) this.#rowFront(6, row);
    else if (kind === RowKind.output) {
      this.#rowFront(7, row);
      this.#value(row.content);
    } else {
      const from = this.#rowFront(9, row);
      this.#cell(from !== undefined && row.peer === row.from.id ? from : this.#names.cell(row.peer));
      this.#cell(this.#methodOf(row.method));
      if (row.single) this.#single(row.content);
      else this.#value(row.content);
    }
  }

  /** As {@link #front}. @returns Cell of the sender, if it was needed. */
  #rowFront(length: number, { kind, agent, from, seq, cause }: TraceRow): NameCell | undefined {
    // Names get their cells in this order: sender, cause, agent.
    const fromCell = kind !== RowKind.output && seq <= NUMBER_MAX ? this.#agents.of(from) : undefined;
    const causeCell = cause === undefined ? 0 : this.#causeCell(cause, agent, from);
    const causeNumber = cause === undefined ? NONE : isShort(cause) ? cause.seq : this.#names.idNumber;
    const agentCell = agent === from && fromCell !== undefined ? fromCell : this.#agents.of(agent);
    const code = CODE_OF[kind]!;
    if (typeof fromCell === "number" && typeof causeCell === "number" && typeof agentCell === "number") {
      // Nearly all rows: one look at the room and one place that moves, in place of seven.
      const output = this.#output;
      output.reserve(FRONT_BYTES_MAX);
      const { bytes } = output;
      let { at } = output;
      bytes[at++] = 0x90 | length;
      bytes[at++] = code;
      at = writeInteger(bytes, at, agentCell);
      at = writeInteger(bytes, at, fromCell);
      at = writeInteger(bytes, at, seq);
      at = writeInteger(bytes, at, causeCell);
      output.at = writeInteger(bytes, at, causeNumber);
      return fromCell;
    }
    this.#row(length, code);
    this.#cell(agentCell);
    if (fromCell !== undefined) {
      this.#cell(fromCell);
      this.#integer(seq);
    } else {
      if (kind === RowKind.output) this.#outputId(agent.id, seq);
      else this.#value(`${from.id}#${seq}`);
      this.#integer(-1);
    }
    this.#cell(causeCell);
    this.#integer(causeNumber);
    return fromCell;
  }

  #causeCell(cause: Cause, agent: Sender, from: Sender): NameCell {
    return isShort(cause) ? this.#agents.of(cause.from) : this.#names.idName(cause.id, agent.id, from.id);
  }

  #methodOf(method: string): NameCell {
    if (method !== this.#method || this.#methodCell === "") {
      this.#methodCell = this.#names.cell(method);
      this.#method = method;
    }
    return this.#methodCell;
  }

  /** The id of a change of outputs, `<agent>#output-<number>`: short ones without making a text of it. */
  #outputId(agent: string, number: number): void {
    const { length } = agent;
    const digits = digitsOf(number);
    const bytesLength = length + OUTPUT.length + digits;
    if (bytesLength > SHORT_TEXT_MAX || !isAscii(agent)) {
      this.#value(`${agent}#output-${number}`);
      return;
    }
    const output = this.#output;
    output.reserve(2 + bytesLength);
    const { bytes } = output;
    let { at } = output;
    if (bytesLength >= 32) bytes[at++] = 0xd9;
    bytes[at++] = bytesLength < 32 ? 0xa0 | bytesLength : bytesLength;
    for (let i = 0; i < length; i++) bytes[at++] = agent.charCodeAt(i);
    for (let i = 0; i < OUTPUT.length; i++) bytes[at++] = OUTPUT[i]!;
    output.at = at + digits;
    for (let rest = number, to = output.at; to > at; rest = Math.floor(rest / 10)) bytes[--to] = 0x30 + (rest % 10);
  }

  #inRound(round: number): void {
    if (round === this.#round) return;
    this.#round = round;
    this.count++;
    this.#row(2, ROUND);
    this.#value(round);
  }

  /** Begin a row of so many cells, fewer than 16, with its code, which is below 128. */
  #row(length: number, code: number): void {
    const output = this.#output;
    output.reserve(2);
    output.bytes[output.at++] = 0x90 | length;
    output.bytes[output.at++] = code;
  }

  /** A list of one argument: a number, a boolean or null. */
  #single(value: unknown): void {
    const output = this.#output;
    output.reserve(1 + INTEGER_BYTES);
    output.bytes[output.at++] = 0x91;
    if (typeof value === "number" && value >>> 0 === value) output.at = writeInteger(output.bytes, output.at, value);
    else this.#value(value);
  }

  #cell(cell: NameCell): void {
    if (typeof cell === "number") this.#integer(cell);
    else this.#value(cell);
  }

  /** An integer of at most 32 bits; a negative one is above -32. */
  #integer(value: number): void {
    const output = this.#output;
    output.reserve(INTEGER_BYTES);
    output.at = writeInteger(output.bytes, output.at, value);
  }

  #value(value: unknown): void {
    this.#codec.write(value, this.#output);
  }
}

/** Whether name and number of the cause are at hand: they may also have come as one text. */
function isShort({ seq }: Cause): boolean {
  return seq >= 0 && seq <= NUMBER_MAX;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** Decimal digits of a whole number. */
function digitsOf(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}

/** Write an integer of at most 32 bits; a negative one is above -32. @returns Where the next byte goes. */
function writeInteger(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  if (value < 0x80) bytes[at++] = value;
  else if (value <= 0xff) {
    bytes[at++] = 0xcc;
    bytes[at++] = value;
  } else if (value <= 0xffff) {
    bytes[at++] = 0xcd;
    bytes[at++] = value >> 8;
    bytes[at++] = value;
  } else {
    bytes[at++] = 0xce;
    bytes[at++] = value >>> 24;
    bytes[at++] = value >>> 16;
    bytes[at++] = value >>> 8;
    bytes[at++] = value;
  }
  return at;
}
