import { type ConnectionPlan, type EndPlan, persistent, type ScenarioPlan, triggers } from "./mosaik-arbitrary.ts";
import type { CallLog } from "./mosaik-driver.ts";

/** What of a run in mosaik and one in a World is compared. */

const MAX_ADVANCE = 3;

/** Of a simulator that inputs trigger, mosaik's `max_advance` depends on who is quicker; see mosaik-generated.test.ts. */
export function triggered({ sims, connections }: ScenarioPlan): ReadonlySet<string> {
  const script = new Map(sims.map((sim) => [sim.sid, sim.script]));
  return new Set(
    connections.filter(({ dest }) => triggers(script.get(dest.sid)!, dest.attr)).map(({ dest }) => dest.sid),
  );
}

/** An end of a connection, its entity by its number. */
function endOf({ sims }: ScenarioPlan, { sid, entity, attr }: EndPlan) {
  const { creates, script } = sims.find((sim) => sim.sid === sid)!;
  const entities = creates.reduce((sum, { num }) => sum + num, 0) * (1 + script.children);
  return { script, id: `${sid}.${entity % entities}`, attr };
}

/**
 * The scenario without what mosaik 3.7.1 gets wrong, but for what `mend` mends, and without what World refuses:
 *
 * - Initial data of several connections from one persistent output: mosaik gives all of them the last; and of outputs of
 *   one simulator with different shifts it forgets the data of the larger shift.
 * - Two connections from one entity to the same attribute: mosaik keeps one of the values.
 */
export function faultless(scenario: ScenarioPlan): ScenarioPlan {
  const kinds = looped(scenario).map((connection) => {
    const [src, dest] = [endOf(scenario, connection.src), endOf(scenario, connection.dest)];
    const pulled = scenario.cache && persistent(src.script, src.attr);
    return { connection, src, dest, pulled };
  });
  const initial = new Map<string, unknown>();
  const shifts = new Map<string, number>();
  for (const { pulled, connection, src } of kinds) {
    if (!pulled || connection.initial === undefined) continue;
    initial.set(`${src.id} ${src.attr}`, connection.initial);
    shifts.set(connection.src.sid, connection.shift);
  }
  const ends = new Set<string>();
  const connections = kinds
    .filter(({ pulled, connection, src }) => {
      return !pulled || connection.initial !== undefined || !initial.has(`${src.id} ${src.attr}`);
    })
    .filter(({ src, dest }) => {
      const end = `${src.id} ${dest.id} ${dest.attr}`;
      return !ends.has(end) && ends.add(end);
    })
    .map(({ pulled, connection, src }) => {
      const given = pulled && connection.initial !== undefined;
      if (!given) return connection;
      const shift = shifts.get(connection.src.sid)!;
      return { ...connection, shift, initial: initial.get(`${src.id} ${src.attr}`) };
    });
  const sims = scenario.sims.map((sim) => {
    const source = sim.script.other?.id.split(".")[0];
    const asks = connections.some((item) => item.async && item.src.sid === source && item.dest.sid === sim.sid);
    return asks ? sim : { ...sim, script: { ...sim.script, other: null } };
  });
  return { ...scenario, sims, connections };
}

/** With a connection there for each weak one back to an earlier simulator, so that there are loops. */
function looped({ connections }: ScenarioPlan): ConnectionPlan[] {
  return connections.flatMap((connection) => {
    const { src, dest, weak } = connection;
    if (!weak || dest.sid > src.sid) return [connection];
    const there = { src: { ...dest, attr: src.attr }, dest: { ...src, attr: "b" } };
    return [{ ...there, shift: 0, weak: false, async: false }, connection];
  });
}

/** A value without what means nothing: the order of edges and their ends, and of the attributes that are asked for. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (Array.isArray(fields["edges"]) && "nodes" in fields) {
    const edges = (fields["edges"] as [string, string][]).map(([a, b]) => [a, b].sort().join(" - "));
    return { nodes: fields["nodes"], edges: edges.sort() };
  }
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, canonical(item)]));
}

export function comparable(log: CallLog, withMaxAdvance: boolean): unknown[] {
  return log.map((call) => {
    const [name, asked, ...rest] = call;
    if (name === "step" && !withMaxAdvance) return canonical(call.map((item, i) => (i === MAX_ADVANCE ? null : item)));
    if (name !== "get_data") return canonical(call);
    const attrs = Object.entries(asked as Record<string, string[]>).map(([eid, list]) => [
      eid,
      [...new Set(list)].sort(),
    ]);
    return [name, Object.fromEntries(attrs), canonical(rest)];
  });
}

/**
 * Steps of `sid` within the time up to which `max_advance` of an earlier step promised none but its own. Those that an
 * output of the simulator's own may have caused are exempt: of one that is on a way back to itself, all.
 */
export function brokenPromises(scenario: ScenarioPlan, sid: string, log: CallLog): unknown[] {
  const scripts = new Map(scenario.sims.map((sim) => [sim.sid, sim.script]));
  const causing = scenario.connections.filter(({ dest }) => triggers(scripts.get(dest.sid)!, dest.attr));
  const caused = new Set([sid]);
  for (const from of caused)
    for (const { src, dest } of causing) if (src.sid === from && dest.sid !== sid) caused.add(dest.sid);
  if (causing.some(({ src, dest }) => dest.sid === sid && caused.has(src.sid))) return [];
  const broken: unknown[] = [];
  const own = new Set<unknown>();
  let promised = -1;
  for (const [name, time, , maxAdvance, , next] of log) {
    if (name !== "step") continue;
    if ((time as number) <= promised && !own.has(time)) broken.push({ time, promised });
    promised = maxAdvance as number;
    own.add(next);
  }
  return broken;
}
