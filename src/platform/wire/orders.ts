import { AGENT_REFERENCE } from "../../agent/references.ts";
import { DATE_TIME } from "../../agent/simulation.ts";
import { type Codec, createCodec, traceCodec, type ValueType } from "../../codec/index.ts";
import * as errors from "../../errors.ts";
import { failurePlace, noteFailurePlace, type StepFailure } from "../../kernel/faults.ts";
import type { Limits } from "../../limits.ts";
import type { Changes, Order, Report, ReportDetails, RoundTask, Task } from "../protocol.ts";
import { integersFromBytes, valuesFromWire, valuesToWire, type WireValues } from "./columns.ts";

/** Levels and values that orders and reports have around the values of agents. */
const WRAP_NESTING = 8;
const NODES_MAX = 2 ** 31;

/** Largest order or report, in bytes: all that one container sends in one round goes with it. */
export const ORDER_BYTES_MAX = 512 * 1024 * 1024;

/** Bounds of the connection between coordinator and container: what agents send was checked when they sent it. */
function wireLimits(limits: Limits): Limits {
  const nestingMax = limits.nestingMax + WRAP_NESTING;
  const bytes = { frameBytesMax: ORDER_BYTES_MAX, sendQueueBytesMax: 2 * ORDER_BYTES_MAX };
  return { ...limits, nestingMax, nodesMax: NODES_MAX, ...bytes };
}

/**
 * Options of that connection.
 *
 * @param types - Registered types of the module of agents.
 */
export function wireOptions(types: readonly ValueType[], limits: Limits): { codec: Codec; limits: Limits } {
  const own = wireLimits(limits);
  return { codec: createCodec("msgpack", { limits: own, types: [DATE_TIME, ...types, AGENT_REFERENCE] }), limits: own };
}

/** Events were values of agents, which have bounds of their own. */
const EVENTS: Codec = traceCodec({ nestingMax: Infinity, nodesMax: NODES_MAX });

type WireOrder = readonly [
  ticks: number,
  round: number,
  observed: boolean,
  batches: readonly Uint8Array[],
  task: WireRound | Exclude<Task, RoundTask>,
];

type WireRound = readonly [lastRound: number, named: boolean, ends: boolean, reads: boolean, horizonTicks?: number];

/** An order as a value; one that serves a round, of which there are most, without the names of its fields. */
export function orderToWire({ ticks, round, observed, batches, task }: Order): unknown {
  return [ticks, round, observed, batches, task.what === "round" ? roundToWire(task) : task] satisfies WireOrder;
}

function roundToWire({ lastRound, named, ends, reads, horizonTicks }: RoundTask): WireRound {
  return horizonTicks === undefined ? [lastRound, named, ends, reads] : [lastRound, named, ends, reads, horizonTicks];
}

/** The order that {@link orderToWire} has written. */
export function orderFromWire(value: unknown): Order {
  const order = value as WireOrder;
  const task = order[4];
  return {
    ticks: order[0],
    round: order[1],
    observed: order[2],
    batches: order[3],
    task: "what" in task ? task : roundFromWire(task),
  };
}

function roundFromWire(task: WireRound): RoundTask {
  return {
    what: "round",
    lastRound: task[0],
    named: task[1],
    ends: task[2],
    reads: task[3],
    horizonTicks: task[4],
  };
}

type WireFailure = readonly [agent: string, error: WireError];

/** What few reports have. */
interface WireExtra extends Pick<Report, "agents" | "finished" | "packs"> {
  readonly values?: WireValues;
  readonly refused?: readonly (WireError | null)[];
  readonly answers?: Report["answers"];
  readonly failures?: readonly WireFailure[];
  /** In the form of traces, which knows no registered types. */
  readonly events?: Uint8Array;
  readonly error?: WireError;
  readonly changes?: Omit<Changes, "chains"> & { readonly chains: Uint8Array };
}

type WireReport = readonly [
  busy: boolean,
  due: number | null,
  round: number,
  sent: Report["sent"],
  extra: WireExtra | null,
];

/** A report as a value: errors as what may be told of them, chains as bytes, what is empty left out. */
export function reportToWire(report: Report): unknown {
  const { busy, due = null, round, sent } = report;
  return [busy, due, round, sent, hasExtra(report) ? extraToWire(report) : null] satisfies WireReport;
}

/** Most reports are of a round, and have nothing besides what was sent. */
function hasExtra(report: Report): boolean {
  const { answers, failures, events, agents, finished, values, refused, error, changes, packs } = report;
  if (answers.length > 0 || failures.length > 0 || events.length > 0) return true;
  return Boolean(agents || finished || values || refused || error || changes || packs);
}

function extraToWire(report: Report): WireExtra {
  const { answers, failures, events, agents, finished, values, refused, error, changes, packs } = report;
  return {
    ...(answers.length > 0 && { answers }),
    ...(failures.length > 0 && { failures: failures.map((failure) => failureToWire(failure)) }),
    ...(events.length > 0 && { events: EVENTS.encode(events) }),
    ...(agents && { agents }),
    ...(finished && { finished }),
    ...(values && { values: valuesToWire(values) }),
    ...(refused && { refused: refused.map((why) => why && errorToWire(why)) }),
    ...(error && { error: errorToWire(error) }),
    ...(changes && { changes: { ...changes, chains: new Uint8Array(changes.chains.buffer) } }),
    ...(packs && { packs }),
  };
}

const NONE: readonly never[] = [];

/** The report that {@link reportToWire} has written. */
export function reportFromWire(value: unknown): Report {
  const report = value as WireReport;
  const due = report[1] ?? undefined;
  const base = { busy: report[0], due, round: report[2], sent: report[3], answers: NONE, failures: NONE, events: NONE };
  return report[4] === null ? base : { ...base, ...extraFromWire(report[4]) };
}

function extraFromWire(extra: WireExtra): ReportDetails & Pick<Report, "answers" | "failures" | "events"> {
  const { answers = NONE, failures = NONE, events, agents, finished, values, refused, error, changes, packs } = extra;
  return {
    answers,
    failures: failures.map(([agent, failure]) => ({ agent, error: errorFromWire(failure) })),
    events: events === undefined ? NONE : (EVENTS.decode(events) as unknown as Report["events"]),
    ...(agents && { agents }),
    ...(finished && { finished }),
    ...(values && { values: valuesFromWire(values) }),
    ...(refused && { refused: refused.map((why) => why && errorFromWire(why)) }),
    ...(error && { error: errorFromWire(error) }),
    ...(changes && { changes: { ...changes, chains: integersFromBytes(changes.chains) } }),
    ...(packs && { packs }),
  };
}

function failureToWire({ agent, error }: StepFailure): WireFailure {
  return [agent, errorToWire(error)];
}

/** What may be told of an error. */
interface WireError extends Omit<errors.ErrorDetails, "cause"> {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly cause?: errors.ErrorTriple;
  /** File and line where an agent has failed. */
  readonly place?: string;
}

const TYPES: ReadonlyMap<string, new (code: string, message: string, details: errors.ErrorDetails) => Error> = new Map(
  Object.entries({
    AgentError: errors.AgentError,
    ForeignAwaitError: errors.ForeignAwaitError,
    ZenoError: errors.ZenoError,
    ClockError: errors.ClockError,
    ValueError: errors.ValueError,
    RunError: errors.RunError,
    ScenarioError: errors.ScenarioError,
    ChannelError: errors.ChannelError,
    CodecError: errors.CodecError,
    RpcError: errors.RpcError,
  }),
);

/** Kinds of Node's own errors that keep their class; others arrive as Error. */
const PLAIN = new Map([
  ["RangeError", RangeError],
  ["TypeError", TypeError],
]);

/** An error as a value; never its stack, but for the line where an agent has failed. */
export function errorToWire(error: Error): WireError {
  const { code, agent, method, path, peer, tag } = error as Partial<errors.CosimError>;
  const { cause } = error;
  const place = failurePlace(error);
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" && { code }),
    ...(agent !== undefined && { agent }),
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(peer !== undefined && { peer }),
    ...(tag !== undefined && { tag }),
    ...(cause !== undefined && { cause: errors.describeError(cause) }),
    ...(place !== undefined && { place }),
  };
}

/** The error that {@link errorToWire} has written; its cause is a RemoteError. */
export function errorFromWire({ type, code, message, cause, place, ...fields }: WireError): Error {
  const details = { ...fields, ...(cause && { cause: new errors.RemoteError(...cause) }) };
  const known = TYPES.get(type);
  if (known !== undefined && code !== undefined) {
    const error = new known(code, message, details);
    noteFailurePlace(error, place);
    return error;
  }
  const plain = PLAIN.get(type) ?? Error;
  return Object.assign(new plain(message), { name: type, ...(code !== undefined && { code }) });
}
