import type { ModelMeta, SimulatorType } from "cosimas/mosaik";
import fc from "fast-check";
import type { OutputRule, Script } from "./mosaik-script.ts";

/** Scenarios of mosaik in random, each legal: mosaik starts, connects and runs it. */

export interface SimulatorPlan {
  readonly sid: string;
  readonly script: Script;
  /** Names of the groups that it is in, outermost first. */
  readonly group: readonly string[];
  readonly creates: readonly { readonly num: number; readonly params: Readonly<Record<string, unknown>> }[];
  /** Arguments of a call of its extra method, before it creates entities. */
  readonly hello: { readonly args: readonly unknown[]; readonly kwargs: Readonly<Record<string, unknown>> } | null;
  readonly initialEvents: readonly number[];
  /** File for its log, if it is a process of its own. */
  readonly log?: string;
}

export interface EndPlan {
  readonly sid: string;
  /** Index among its entities, children included, modulo their number. */
  readonly entity: number;
  readonly attr: string;
}

export interface ConnectionPlan {
  readonly src: EndPlan;
  readonly dest: EndPlan;
  /** Steps; 0: not time-shifted. */
  readonly shift: number;
  readonly weak: boolean;
  readonly async: boolean;
  readonly initial?: unknown;
}

export interface ScenarioPlan {
  readonly until: number;
  readonly timeResolution: number;
  readonly cache: boolean;
  /** Whether the scenario reads an attribute before the run. */
  readonly looks: boolean;
  readonly sims: readonly SimulatorPlan[];
  readonly connections: readonly ConnectionPlan[];
}

const ATTRS = ["a", "b", "c", "d"] as const;
/** An input that no simulator names, but some take. */
const ANY = "anything";
const SIMULATORS_MAX = 6;

/**
 * Values that both languages write alike. Not among them, since JavaScript cannot tell them from integers: whole
 * numbers as floats (`2.0`), and -0; since no channel of ours takes them: half surrogate pairs and the key `__proto__`,
 * and integers beyond 64 bits.
 */
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Number.isInteger(x)),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 5e-324, 1.7976931348623157e-300),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "ü€", "🌬", "10", '\u0000\n\\"'),
);
const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(number, text, fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      text.filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
}));

/** One attribute model, written in one of the ways that mosaik takes. */
function modelArbitrary(type: SimulatorType): fc.Arbitrary<ModelMeta> {
  const base = { params: ["p"], attrs: [...ATTRS] };
  const some = fc.subarray([...ATTRS]);
  const rest = (attrs: readonly string[]) => ATTRS.filter((attr) => !attrs.includes(attr));
  return fc.record({ any: fc.boolean(), trigger: some, events: some, long: fc.boolean() }).map((plan) => {
    const { any, trigger, events, long } = plan;
    const model = any ? { ...base, any_inputs: true } : base;
    if (type === "time-based") return long ? { ...model, persistent: [...ATTRS] } : model;
    if (type === "event-based") return long ? { ...model, "non-persistent": [...ATTRS] } : model;
    const inputs = trigger.length === 0 && long ? {} : { trigger };
    const both = long && !any ? { "non-trigger": rest(trigger) } : {};
    const outputs = long ? { persistent: rest(events), "non-persistent": events } : { "non-persistent": events };
    return { ...model, ...inputs, ...both, ...outputs };
  });
}

/** Whether a value for `attr` causes a step. */
export function triggers({ meta }: Script, attr: string): boolean {
  const { trigger } = meta.models["M"]!;
  return meta.type === "event-based" || trigger?.includes(attr) === true;
}

/** Whether the output `attr` stays valid until the next one. */
export function persistent({ meta }: Script, attr: string): boolean {
  const lists = meta.models["M"]!["non-persistent"];
  return meta.type === "time-based" || (meta.type === "hybrid" && lists?.includes(attr) !== true);
}

function scriptArbitrary(sid: string): fc.Arbitrary<Script> {
  return fc.constantFrom<SimulatorType>("time-based", "event-based", "hybrid").chain((type) => {
    const timed = type === "time-based";
    const given = fc.oneof(
      fc.record({ value }),
      fc.record({ echo: fc.constantFrom(...ATTRS, ANY) }),
      fc.constant({ count: true as const }),
    );
    const rule: fc.Arbitrary<OutputRule> = timed ? given : fc.option(given, { freq: 3 });
    const rules = fc.array(rule, { minLength: 1, maxLength: 3 });
    const increment = fc.integer({ min: 1, max: 4 });
    const next = timed ? increment : fc.option(increment, { freq: 2 });
    const delay = fc.option(timed ? fc.constant(0) : fc.integer({ min: 0, max: 3 }), { freq: 1 });
    return fc.record({
      meta: modelArbitrary(type).map((model) => ({
        api_version: "3.0",
        type,
        models: { M: model, Child: { ...model, public: false } },
        extra_methods: ["hello"],
      })),
      next: fc.array(next, { minLength: 1, maxLength: 3 }),
      outputs: fc.record(Object.fromEntries(ATTRS.map((attr) => [attr, rules]))),
      delays: fc.array(delay, { minLength: 1, maxLength: 3 }),
      asks: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.boolean()), {
        minLength: 1,
        maxLength: 3,
      }),
      loops: fc.integer({ min: 1, max: 4 }),
      children: fc.integer({ min: 0, max: 2 }),
      relates: fc.boolean(),
      me: fc.constant(`${sid}.M_0`),
      other: fc.constant(null),
    });
  });
}

function simulatorArbitrary(index: number): fc.Arbitrary<SimulatorPlan> {
  const sid = `S${index}`;
  const params = fc.record({ p: value }, { requiredKeys: [] });
  return fc.record({
    sid: fc.constant(sid),
    script: scriptArbitrary(sid),
    group: fc.constant([]),
    creates: fc.array(fc.record({ num: fc.integer({ min: 1, max: 3 }), params }), { minLength: 1, maxLength: 2 }),
    // At least one keyword argument: without any, a TypeScript method gets no object for them.
    hello: fc.option(fc.record({ args: fc.array(value, { maxLength: 2 }), kwargs: fc.record({ k: value }) })),
    // Before the end of any run: mosaik waits for ever for one after it.
    initialEvents: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 1 }),
  });
}

/** An end of a connection, before it is known what is there. */
const rawConnection = fc.record({
  from: fc.nat(SIMULATORS_MAX - 1),
  to: fc.nat(SIMULATORS_MAX - 1),
  kind: fc.constantFrom("plain", "plain", "shifted", "weak"),
  src: fc.record({ entity: fc.nat(5), attr: fc.constantFrom(...ATTRS) }),
  dest: fc.record({ entity: fc.nat(5), attr: fc.constantFrom(...ATTRS, ANY) }),
  shift: fc.integer({ min: 1, max: 2 }),
  initial: value.filter((initial) => initial !== null),
  async: fc.boolean(),
});

type RawConnection = typeof rawConnection extends fc.Arbitrary<infer T> ? T : never;

/** Make a legal connection of it; undefined if none can be made. */
function legal(raw: RawConnection, sims: readonly SimulatorPlan[]): ConnectionPlan | undefined {
  let from = raw.from % sims.length;
  let to = raw.to % sims.length;
  if (from === to) return undefined;
  const shared = sims[from]!.group.length > 0 && sims[from]!.group[0] === sims[to]!.group[0];
  // Of weak connections, those from events to events only: for others, whether a step at the same time gets the present
  // value or the one before depends in mosaik 3.7.1 on which remote simulator happens to end first. Of 200 runs in Python
  // of a scenario with one from a persistent output, 172 went one way, 28 the other; into a measurement 31 and 69 of 100.
  const event = triggers(sims[to]!.script, raw.dest.attr) && !persistent(sims[from]!.script, raw.src.attr);
  const loose = raw.kind === "weak" && !(shared && event);
  const kind = loose ? "plain" : raw.kind;
  // Without a delay, from earlier simulators to later ones only: no cycles. Weak ones may lead back.
  if (kind === "plain" && from > to) [from, to] = [to, from];
  const [source, dest] = [sims[from]!, sims[to]!];
  const model = dest.script.meta.models["M"]!;
  const attr = raw.dest.attr === ANY && model.any_inputs !== true ? "a" : raw.dest.attr;
  const initial = kind !== "plain" && !triggers(dest.script, attr) ? { initial: raw.initial } : {};
  const timed = [source, dest].every((sim) => sim.script.meta.type === "time-based");
  return {
    src: { sid: source.sid, ...raw.src },
    dest: { sid: dest.sid, entity: raw.dest.entity, attr },
    shift: kind === "shifted" ? raw.shift : 0,
    weak: kind === "weak",
    async: kind === "plain" && timed && !shared && raw.async,
    ...initial,
  };
}

/** One connection of a kind between two ends; mosaik keeps one value of each source. */
function distinct(connections: readonly ConnectionPlan[]): ConnectionPlan[] {
  const seen = new Set<string>();
  return connections.filter(({ src, dest }) => {
    const ends = JSON.stringify([src.sid, dest]);
    return !seen.has(ends) && seen.add(ends);
  });
}

/**
 * What a simulator may ask another for, if that waits for its requests: an attribute that nobody is connected to. From
 * the others mosaik answers what is still in its cache, and asks for the rest, as fast as the rest of the run has been.
 */
function otherOf({ sid }: SimulatorPlan, connections: readonly ConnectionPlan[]): Script["other"] {
  const source = connections.find((item) => item.async && item.dest.sid === sid)?.src.sid;
  const connected = connections.filter((item) => item.src.sid === source).map((item) => item.src.attr);
  const attr = ATTRS.find((name) => !connected.includes(name));
  return source === undefined || attr === undefined ? null : { id: `${source}.M_0`, attr };
}

/** Simulators that are in a group, in a row, and those of them that are in one within it. */
interface Groups {
  readonly from: number;
  readonly length: number;
  readonly inner: number;
}

function grouped(sims: readonly SimulatorPlan[], groups: Groups | null): SimulatorPlan[] {
  return sims.map((sim, index) => {
    if (groups === null || index < groups.from || index >= groups.from + groups.length) return sim;
    return { ...sim, group: index < groups.from + groups.inner ? ["outer", "inner"] : ["outer"] };
  });
}

/**
 * Always with lazy stepping, mosaik's default: without it, mosaik 3.7.1 at times drops from its cache what a slower
 * simulator has still to pull. Of 100 runs of one such scenario in Python, 14 brought null instead of the value.
 */
export const scenarioArbitrary: fc.Arbitrary<ScenarioPlan> = fc
  .record({
    until: fc.integer({ min: 3, max: 12 }),
    timeResolution: fc.constantFrom(1, 0.5, 60),
    cache: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
    looks: fc.boolean(),
    sims: fc
      .integer({ min: 2, max: SIMULATORS_MAX })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => simulatorArbitrary(index)))),
    groups: fc.option(
      fc.record({
        from: fc.nat(3),
        length: fc.integer({ min: 2, max: 4 }),
        inner: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 })),
      }),
      { freq: 2 },
    ),
    raw: fc.array(rawConnection, { minLength: 2, maxLength: 10 }),
  })
  .map(({ groups, raw, sims: plain, ...scenario }) => {
    const sims = grouped(plain, groups);
    const made = raw.map((item) => legal(item, sims)).filter((item) => item !== undefined);
    const connections = distinct(made);
    const asking = sims.map((sim) => {
      const other = otherOf(sim, connections);
      return other === null ? sim : { ...sim, script: { ...sim.script, other } };
    });
    return { ...scenario, sims: asking, connections };
  });

/**
 * Reporter for fast-check: the difference first, then where it was found. A scenario alone fills what is kept of a
 * message.
 */
export function reportDifference<T>({ failed, errorInstance, ...run }: fc.RunDetails<T>): void {
  if (!failed) return;
  const text = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const { seed, counterexamplePath: path, numRuns, counterexample } = run;
  throw new Error(`${text}\nafter ${numRuns} tests, seed ${seed}, path ${path}\n${fc.stringify(counterexample)}`);
}
