import { ScenarioError } from "../../src/index.ts";
import { Entity } from "./entity.ts";
import { listed, unsupported } from "./fault.ts";
import type { Attr, Time } from "./types.ts";

/** One attribute of the source and one of the destination; a single name stands for both. */
export type AttrPair = Attr | readonly [src: Attr, dest: Attr];

/** How values travel along a connection. */
export interface ConnectOptions {
  /**
   * Steps by which a value arrives later; `true` is 1, default 0. A shift closes a cycle, and needs `initialData`.
   *
   * What the source puts out at `t` is the input at `t + timeShifted`.
   */
  timeShifted?: boolean | number;
  /** By source attribute: what arrives before the first shifted value. Only for, and needed by, `timeShifted`. */
  initialData?: Readonly<Record<Attr, unknown>>;
  /** Applied to every value on its way, initial ones too; must be pure. Default: none. */
  transform?: (value: unknown) => unknown;
  /** Not supported yet: `true` is refused. */
  weak?: boolean;
  /** Not supported yet: `true` is refused. */
  asyncRequests?: boolean;
}

/** Arguments of `world.connect` after the two entities: attributes, then perhaps options. */
export type ConnectArgs = AttrPair[] | [...AttrPair[], ConnectOptions];

const OPTION_NAMES = new Set(["timeShifted", "initialData", "transform", "weak", "asyncRequests"]);

/** A way for values from one attribute of an entity to one of another. */
export class Connection {
  readonly src: Entity;
  readonly srcAttr: Attr;
  readonly dest: Entity;
  readonly destAttr: Attr;
  /** Steps by which values arrive later. */
  readonly shift: number;
  /** Input while there is no value yet; used with a shift only. */
  readonly initial: unknown;
  readonly #transform: ((value: unknown) => unknown) | undefined;

  constructor(src: Entity, dest: Entity, attrs: readonly [Attr, Attr], options: ConnectOptions) {
    this.src = src;
    this.dest = dest;
    [this.srcAttr, this.destAttr] = attrs;
    this.shift = Number(options.timeShifted ?? 0);
    this.initial = options.initialData?.[this.srcAttr];
    this.#transform = options.transform;
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

/**
 * The connections that `world.connect(src, dest, ...args)` asks for.
 *
 * @throws `ScenarioError` naming connection, entity and attribute, with what is allowed: `…_UNKNOWN_ATTRIBUTE`,
 *   `…_INITIAL_DATA`, `…_UNSUPPORTED`, `…_NOTHING_CONNECTED`; TypeError, RangeError for arguments of the wrong kind.
 *
 * Source: mosaik `AsyncWorld.connect_one`.
 */
export function parseConnections(src: unknown, dest: unknown, args: ConnectArgs): Connection[] {
  assertEntity("src", src);
  assertEntity("dest", dest);
  const last = args.at(-1);
  const given = typeof last === "object" && last !== null && !Array.isArray(last);
  const options = given ? (last as ConnectOptions) : {};
  const attrs = (given ? args.slice(0, -1) : args) as AttrPair[];
  const between = `${src.fullId} to ${dest.fullId}`;
  checkOptions(between, options);
  if (attrs.length === 0) {
    throw new ScenarioError("ERR_SCENARIO_NOTHING_CONNECTED", `connecting ${between}: no attribute is named`);
  }
  const pairs = attrs.map(asPair);
  for (const [srcAttr, destAttr] of pairs) checkAttrs(src, srcAttr, dest, destAttr);
  checkInitialData(between, pairs, options);
  return pairs.map((pair) => new Connection(src, dest, pair, options));
}

function assertEntity(name: string, value: unknown): asserts value is Entity {
  if (value instanceof Entity) return;
  throw new TypeError(`connect: ${name} must be an Entity, got ${value === null ? "null" : typeof value}`);
}

function asPair(attr: AttrPair): readonly [Attr, Attr] {
  if (typeof attr === "string") return [attr, attr];
  if (Array.isArray(attr) && attr.length === 2 && attr.every((name) => typeof name === "string")) {
    return attr as unknown as readonly [Attr, Attr];
  }
  throw new TypeError(`connect: an attribute is a name or a pair [source, destination], got ${JSON.stringify(attr)}`);
}

function checkOptions(between: string, options: ConnectOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.has(name))
      throw new TypeError(`connect: unknown option "${name}"; there are: ${listed(OPTION_NAMES)}`);
  }
  if (options.weak) throw unsupported(`connecting ${between}: weak`, "timeShifted closes a cycle, too");
  if (options.asyncRequests) throw unsupported(`connecting ${between}: asyncRequests`, "connect back with timeShifted");
  const { timeShifted: shift = 0, transform } = options;
  if (typeof shift !== "boolean" && !(Number.isSafeInteger(shift) && shift >= 0)) {
    throw new RangeError(`connect: timeShifted must be a boolean or an integer >= 0, got ${String(shift)}`);
  }
  if (transform !== undefined && typeof transform !== "function") {
    throw new TypeError(`connect: transform must be a function, got ${typeof transform}`);
  }
}

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

function checkInitialData(between: string, pairs: readonly (readonly [Attr, Attr])[], options: ConnectOptions): void {
  const refuse = (problem: string) =>
    new ScenarioError("ERR_SCENARIO_INITIAL_DATA", `connecting ${between}: ${problem}`);
  const initial = options.initialData ?? {};
  const sources = new Set(pairs.map(([srcAttr]) => srcAttr));
  const given = Object.keys(initial);
  if (!options.timeShifted) {
    if (given.length > 0) throw refuse(`initialData (${listed(given)}) is never used without timeShifted`);
    return;
  }
  for (const attr of given) {
    if (!sources.has(attr))
      throw refuse(`initialData names "${attr}"; connected source attributes: ${listed(sources)}`);
  }
  for (const attr of sources) {
    if (initial[attr] === undefined || !Object.hasOwn(initial, attr)) {
      throw refuse(`a time-shifted connection needs initialData for source attribute "${attr}"`);
    }
  }
}
