/**
 * What crosses at each grant, in a form of its own: a request of time and what it gives, if all values are numbers. V8's
 * format costs four times as much, and a federation waits for it twice a grant.
 */
import type { FederateRequest, Grant, IncomingMessage, Iteration, OutgoingMessage, Reply } from "./protocol.ts";

/** Kinds of frames. */
export const TIME_REQUEST = 1;
export const TIME_GRANT = 2;

const ITERATIONS: readonly Iteration[] = ["none", "force", "ifNeeded"];

/** Time, and in one byte how to iterate or how it went; then the numbers of values and of messages. */
const TIME_BYTES = 9;
const COUNT_BYTES = 4;
/** A value: its interface and the number. */
const VALUE_BYTES = 12;
/** A message: its endpoint, its time, how long its address and its data are; these follow. */
const MESSAGE_BYTES = 20;

const ITERATING = 1;
const HALTED = 2;

interface Hot {
  readonly kind: number;
  readonly frame: Buffer;
}

/** A frame of a request of time with `head` free bytes in front; undefined if the value is anything else. */
export function requestInto(value: unknown, head: number): Hot | undefined {
  const request = value as Partial<FederateRequest> | null | undefined;
  if (request?.op !== "time" || !allNumbers(request.publish)) return undefined;
  const { timeS, iterate, publish, send } = request as Extract<FederateRequest, { op: "time" }>;
  const parts = send.map(({ endpoint, timeS: dueS, to, data }) => ({
    endpoint,
    // Without a time: as soon as possible.
    timeS: dueS ?? Number.NaN,
    address: Buffer.from(to),
    data: typeof data === "string" ? Buffer.from(data) : data,
  }));
  return { kind: TIME_REQUEST, frame: written(head, timeS, ITERATIONS.indexOf(iterate), publish, parts) };
}

/** The request of a frame's content. */
export function requestFrom(content: Buffer): FederateRequest {
  const { timeS, byte, values: publish, messages } = parsed(content);
  const send = messages.map(({ endpoint, timeS: dueS, address: to, data }): OutgoingMessage => {
    return { endpoint, to, data, ...(!Number.isNaN(dueS) && { timeS: dueS }) };
  });
  return { op: "time", timeS, iterate: ITERATIONS[byte]!, publish, send };
}

/** A frame of the reply to a request of time with `head` free bytes in front; undefined if the value is anything else. */
export function grantInto(value: unknown, head: number): Hot | undefined {
  const grant = (value as { readonly value?: Partial<Grant> } | null | undefined)?.value;
  if (grant?.messages === undefined || !allNumbers(grant.inputs)) return undefined;
  const { timeS, iterating, halted, inputs, messages } = grant as Grant;
  const parts = messages.map((message) => ({ ...message, address: Buffer.from(message.source) }));
  const byte = (iterating ? ITERATING : 0) | (halted ? HALTED : 0);
  return { kind: TIME_GRANT, frame: written(head, timeS, byte, inputs, parts) };
}

/** The reply of a frame's content. */
export function grantFrom(content: Buffer): Reply<Grant> {
  const { timeS, byte, values: inputs, messages: parts } = parsed(content);
  const messages = parts.map(({ address, ...part }): IncomingMessage => ({ ...part, source: address }));
  const [iterating, halted] = [(byte & ITERATING) !== 0, (byte & HALTED) !== 0];
  return { ok: true, value: { timeS, iterating, halted, inputs, messages } };
}

type Values = readonly (readonly [number: number, value: unknown])[];

function allNumbers(values: Values | undefined): boolean {
  return values?.every(([, value]) => typeof value === "number") ?? false;
}

interface Part {
  readonly endpoint: number;
  readonly timeS: number;
  readonly address: Uint8Array;
  readonly data: Uint8Array;
}

function written(head: number, timeS: number, byte: number, values: Values, parts: readonly Part[]): Buffer {
  const bytes = parts.reduce((sum, { address, data }) => sum + MESSAGE_BYTES + address.length + data.length, 0);
  const length = head + TIME_BYTES + 2 * COUNT_BYTES + values.length * VALUE_BYTES + bytes;
  const frame = Buffer.allocUnsafe(length);
  let at = frame.writeDoubleLE(timeS, head);
  at = frame.writeUInt8(byte, at);
  at = frame.writeUInt32LE(values.length, at);
  for (const [number, value] of values) at = frame.writeDoubleLE(value as number, frame.writeUInt32LE(number, at));
  at = frame.writeUInt32LE(parts.length, at);
  for (const { endpoint, timeS: dueS, address, data } of parts) {
    at = frame.writeDoubleLE(dueS, frame.writeUInt32LE(endpoint, at));
    at = frame.writeUInt32LE(data.length, frame.writeUInt32LE(address.length, at));
    frame.set(address, at);
    frame.set(data, at + address.length);
    at += address.length + data.length;
  }
  return frame;
}

function parsed(content: Buffer) {
  const timeS = content.readDoubleLE(0);
  const byte = content[TIME_BYTES - 1]!;
  let at = TIME_BYTES + COUNT_BYTES;
  const values: [number, number][] = [];
  for (let left = content.readUInt32LE(TIME_BYTES); left > 0; left--, at += VALUE_BYTES) {
    values.push([content.readUInt32LE(at), content.readDoubleLE(at + 4)]);
  }
  const messages: (Omit<Part, "address"> & { readonly address: string })[] = [];
  let left = content.readUInt32LE(at);
  for (at += COUNT_BYTES; left > 0; left--) {
    const [endpoint, dueS] = [content.readUInt32LE(at), content.readDoubleLE(at + 4)];
    const start = at + MESSAGE_BYTES;
    const middle = start + content.readUInt32LE(at + 12);
    at = middle + content.readUInt32LE(at + 16);
    const address = content.toString("utf8", start, middle);
    // A copy: a frame's bytes are not kept.
    messages.push({ endpoint, timeS: dueS, address, data: new Uint8Array(content.subarray(middle, at)) });
  }
  return { timeS, byte, values, messages };
}
