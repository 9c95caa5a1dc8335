import { checkArgument, func, ScenarioError, shown } from "../../../src/cosim/index.ts";
import { type ConnectArgs, checkAwaited } from "../scheduler/connection.ts";
import type { Entity } from "../scheduler/entity.ts";

/** What entities are connected in: a world. */
interface Connecting {
  connect(src: Entity, dest: Entity, ...args: ConnectArgs): void;
}

/**
 * Connect each of `sources` to `dest`, as `world.connect`, in their order.
 *
 * Source: mosaik `util.connect_many_to_one`.
 */
export function connectManyToOne(
  world: Connecting,
  sources: Iterable<Entity>,
  dest: Entity,
  ...args: ConnectArgs
): void {
  checkList("connectManyToOne", "sources", sources);
  for (const source of sources) world.connect(source, dest, ...args);
}

/**
 * Connect each of `sources` to the one of `dests` in the same place, as `world.connect`.
 *
 * @throws RangeError if they are not equally many; nothing has been connected.
 *
 * Source: mosaik `util.connect_zip`.
 */
export function connectZip(
  world: Connecting,
  sources: readonly Entity[],
  dests: readonly Entity[],
  ...args: ConnectArgs
): void {
  checkList("connectZip", "sources", sources);
  checkList("connectZip", "dests", dests);
  if (sources.length !== dests.length) {
    throw new RangeError(`connectZip: ${sources.length} sources and ${dests.length} destinations`);
  }
  for (const [i, source] of sources.entries()) world.connect(source, dests[i]!, ...args);
}

/** How {@link connectRandomly} spreads sources over destinations. */
export interface RandomConnectOptions {
  /** Uniform in [0, 1): with a seeded generator the scenario repeats. */
  readonly random: () => number;
  /** As evenly as possible, the default; otherwise each destination is drawn by itself. */
  readonly evenly?: boolean;
  /** Connections that one destination gets at most, if not evenly; default: any number. */
  readonly connectionsMax?: number;
}

/**
 * Connect each of `sources` to one of `dests` by chance, as `world.connect`.
 *
 * @returns The destinations that got a connection.
 * @throws `ScenarioError` `ERR_SCENARIO_NOTHING_CONNECTED` without destinations; RangeError if `connectionsMax` leaves
 *   sources without one. Nothing has been connected.
 *
 * Source: mosaik `util.connect_randomly`, which draws from Python's global generator.
 */
export function connectRandomly(
  world: Connecting,
  sources: readonly Entity[],
  dests: readonly Entity[],
  { random, evenly = true, connectionsMax = Number.POSITIVE_INFINITY }: RandomConnectOptions,
  ...args: ConnectArgs
): Set<Entity> {
  checkList("connectRandomly", "sources", sources);
  checkList("connectRandomly", "dests", dests);
  checkArgument("connectRandomly", "random", random, func);
  if (dests.length === 0) {
    throw new ScenarioError("ERR_SCENARIO_NOTHING_CONNECTED", "connectRandomly: there are no destinations");
  }
  if (!evenly && sources.length > connectionsMax * dests.length) {
    const text = `connectRandomly: ${sources.length} sources do not fit to ${dests.length} destinations with connectionsMax = ${connectionsMax}`;
    throw new RangeError(text);
  }
  const drawn = evenly
    ? drawEvenly(sources.length, dests, random)
    : draw(sources.length, dests, random, connectionsMax);
  for (const [i, source] of sources.entries()) world.connect(source, drawn[i]!, ...args);
  return new Set(drawn);
}

/** @throws TypeError unless it is a list: a promise of one was not awaited, or one entity was given. */
function checkList(of: string, name: string, list: unknown): void {
  checkAwaited(of, name, list);
  if (typeof list === "object" && list !== null && Symbol.iterator in list) return;
  throw new TypeError(`${of}: ${name} must be an array of entities, got ${shown(list)}`);
}

/** As many as there are sources: all destinations in a random order, then all in another one. */
function drawEvenly(count: number, dests: readonly Entity[], random: () => number): Entity[] {
  const drawn: Entity[] = [];
  while (drawn.length < count) drawn.push(...shuffled(dests, random));
  return drawn.slice(0, count);
}

function draw(count: number, dests: readonly Entity[], random: () => number, most: number): Entity[] {
  const left = new Map(dests.map((dest) => [dest, most]));
  return Array.from({ length: count }, () => {
    const open = [...left.keys()];
    const dest = open[Math.floor(random() * open.length)]!;
    const rest = left.get(dest)! - 1;
    if (rest > 0) left.set(dest, rest);
    else left.delete(dest);
    return dest;
  });
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
