import type { Attr, Time } from "../../../src/cosim/index.ts";
import {
  boolean,
  checkOptions,
  either,
  func,
  isPromise,
  listed,
  number,
  type OptionChecks,
  object,
  ScenarioError,
  shown,
} from "../../../src/cosim/index.ts";
import { Entity } from "./entity.ts";

/** One attribute of the source and one of the destination; a single name stands for both. */
export type AttrPair = Attr | readonly [src: Attr, dest: Attr];

/** How values travel along a connection. */
export interface ConnectOptions {
  /**
   * Steps by which a value arrives later; `true` is 1, default 0. A shift closes a cycle.
   *
   * What the source puts out at `t` is the input at `t + timeShifted`.
   */
  timeShifted?: boolean | number;
  /**
   * Close a same-time loop, within a group: what the source puts out arrives in the next sub-step of the same time.
   * Default false.
   */
  weak?: boolean;
  /**
   * By source attribute: what arrives before the first value of a `timeShifted` or `weak` connection. Needed where the
   * destination's attribute does not trigger, allowed where it does.
   */
  initialData?: Readonly<Record<Attr, unknown>>;
  /** Applied to every value on its way, initial ones too; must be pure. Default: none. */
  transform?: (value: unknown) => unknown;
  /**
   * The destination may use `getData` and `setData` about the source, which therefore waits for it before every next
   * step. Default false; mosaik calls it deprecated.
   */
  asyncRequests?: boolean;
}

/** Arguments of `world.connect` after the two entities: attributes, then perhaps options. */
export type ConnectArgs = AttrPair[] | [...AttrPair[], ConnectOptions];

/** A way for values from one attribute of an entity to one of another. */
export class Connection {
  readonly src: Entity;
  readonly srcAttr: Attr;
  readonly dest: Entity;
  readonly destAttr: Attr;
  /** Steps by which values arrive later. */
  readonly shift: number;
  readonly weak: boolean;
  /** Input while there is no value yet; undefined if there is none. */
  readonly initial: unknown;
  /** Does a value cause a step? */
  readonly triggers: boolean;
  /** Does a value stay valid until the next one? */
  readonly persistent: boolean;
  readonly #transform: ((value: unknown) => unknown) | undefined;

  constructor(src: Entity, dest: Entity, attrs: readonly [Attr, Attr], options: ConnectOptions) {
    this.src = src;
    this.dest = dest;
    [this.srcAttr, this.destAttr] = attrs;
    this.shift = Number(options.timeShifted ?? 0);
    this.weak = options.weak ?? false;
    this.triggers = dest.triggeredBy(this.destAttr);
    this.persistent = src.isPersistent(this.srcAttr);
    this.initial = options.initialData?.[this.srcAttr];
    this.#transform = options.transform;
  }

  /** Are its values changed on their way? */
  get isTransformed(): boolean {
    return this.#transform !== undefined;
  }

  /**
   * `value` as it arrives at `time`.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_TRANSFORM` if the transform throws.
   */
  transformed(value: unknown, time: Time): unknown {
    if (this.#transform === undefined) return value;
    try {
      return this.#transform(value);
    } catch (cause) {
      const text = `transform of ${this} at time ${time}: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new ScenarioError("ERR_SCENARIO_TRANSFORM", text, { cause });
    }
  }

  toString(): string {
    return `${this.src.fullId}.${this.srcAttr} -> ${this.dest.fullId}.${this.destAttr}`;
  }
}

/** What `world.connect` is asked for. */
export interface ConnectRequest {
  readonly connections: readonly Connection[];
  /** Steps by which values arrive later. */
  readonly shift: number;
  readonly weak: boolean;
  readonly asyncRequests: boolean;
}

/**
 * The connections that `world.connect(src, dest, ...args)` asks for.
 *
 * @throws `ScenarioError` naming connection, entity and attribute, with what is allowed: `…_UNKNOWN_ATTRIBUTE`,
 *   `…_INITIAL_DATA`, `…_NOTHING_CONNECTED`; TypeError, RangeError for arguments of the wrong kind.
 *
 * Source: mosaik `AsyncWorld.connect_one`.
 */
export function parseConnections(src: unknown, dest: unknown, args: ConnectArgs): ConnectRequest {
  assertEntity("connect", "src", src);
  assertEntity("connect", "dest", dest);
  const last = args.at(-1);
  const given = typeof last === "object" && last !== null && !Array.isArray(last);
  const options = given ? (last as ConnectOptions) : {};
  const attrs = (given ? args.slice(0, -1) : args) as AttrPair[];
  const between = `${src.fullId} to ${dest.fullId}`;
  checkOptions("connect", options, CHECKS);
  if (attrs.length === 0 && !options.asyncRequests) {
    throw new ScenarioError("ERR_SCENARIO_NOTHING_CONNECTED", `connecting ${between}: no attribute is named`);
  }
  const pairs = attrs.map(asPair);
  for (const [srcAttr, destAttr] of pairs) checkAttrs(src, srcAttr, dest, destAttr);
  checkInitialData(between, dest, pairs, options);
  return {
    connections: pairs.map((pair) => new Connection(src, dest, pair, options)),
    shift: Number(options.timeShifted ?? 0),
    weak: options.weak ?? false,
    asyncRequests: options.asyncRequests ?? false,
  };
}

/** @throws TypeError if `value` is a promise: somebody has forgotten to await it. */
export function checkAwaited(of: string, name: string, value: unknown): void {
  if (!isPromise(value)) return;
  throw new TypeError(`${of}: ${name} is a promise; write \`await\` where it is made, as const pv = await sim.PV()`);
}

/** @throws TypeError that says what to give instead. */
export function assertEntity(of: string, name: string, value: unknown): asserts value is Entity {
  if (value instanceof Entity) return;
  checkAwaited(of, name, value);
  const advice = Array.isArray(value)
    ? `an array of ${value.length}; connect one by one, or by connectManyToOne or connectZip`
    : `${shown(value)}; a model makes them, as await sim.PV()`;
  throw new TypeError(`${of}: ${name} must be an Entity, got ${advice}`);
}

/** @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_ATTRIBUTE`, TypeError if it is no name. */
export function assertAttr(of: string, entity: Entity, attr: unknown): void {
  if (typeof attr !== "string") throw new TypeError(`${of}: an attribute is a name, got ${shown(attr)}`);
  if (entity.attrs.has(attr)) return;
  const text = `${of}: unknown attribute "${attr}" of ${entity.fullId}; model ${entity.type} has: ${listed(entity.attrs)}`;
  throw new ScenarioError("ERR_SCENARIO_UNKNOWN_ATTRIBUTE", text, { path: entity.fullId });
}

function asPair(attr: AttrPair): readonly [Attr, Attr] {
  if (typeof attr === "string") return [attr, attr];
  if (Array.isArray(attr) && attr.length === 2 && attr.every((name) => typeof name === "string")) {
    return attr as unknown as readonly [Attr, Attr];
  }
  throw new TypeError(`connect: an attribute is a name or a pair [source, destination], got ${JSON.stringify(attr)}`);
}

const CHECKS: OptionChecks<ConnectOptions> = {
  timeShifted: either(boolean, number({ integer: true, min: 0 })),
  weak: boolean,
  initialData: object,
  transform: func,
  asyncRequests: boolean,
};

function checkAttrs(src: Entity, srcAttr: Attr, dest: Entity, destAttr: Attr): void {
  const refuse = (entity: Entity, attr: Attr): ScenarioError => {
    const where = `${src.fullId}.${srcAttr} -> ${dest.fullId}.${destAttr}`;
    const there = `unknown attribute "${attr}" of model ${entity.type}; it has: ${listed(entity.attrs)}`;
    return new ScenarioError("ERR_SCENARIO_UNKNOWN_ATTRIBUTE", `connecting ${where}: ${there}`, {
      path: entity.fullId,
    });
  };
  if (!src.attrs.has(srcAttr)) throw refuse(src, srcAttr);
  if (!dest.takes(destAttr) || destAttr === "__proto__") throw refuse(dest, destAttr);
}

function checkInitialData(
  between: string,
  dest: Entity,
  pairs: readonly (readonly [Attr, Attr])[],
  options: ConnectOptions,
): void {
  const refuse = (problem: string) =>
    new ScenarioError("ERR_SCENARIO_INITIAL_DATA", `connecting ${between}: ${problem}`);
  const initial = options.initialData ?? {};
  const sources = new Set(pairs.map(([srcAttr]) => srcAttr));
  const given = Object.keys(initial);
  if (!options.timeShifted && !options.weak) {
    if (given.length > 0) throw refuse(`initialData (${listed(given)}) is never used without timeShifted or weak`);
    return;
  }
  for (const attr of given) {
    if (!sources.has(attr))
      throw refuse(`initialData names "${attr}"; connected source attributes: ${listed(sources)}`);
  }
  const how = options.timeShifted ? "time-shifted" : "weak";
  for (const [attr, destAttr] of pairs) {
    if (dest.triggeredBy(destAttr) || (Object.hasOwn(initial, attr) && initial[attr] !== undefined)) continue;
    throw refuse(`a ${how} connection needs initialData for source attribute "${attr}"`);
  }
}
