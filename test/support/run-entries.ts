import fc from "fast-check";
import type { RunEntry, RunHeader } from "../../src/index.ts";

/** The header of a run that was never run. */
export const HEADER: RunHeader = {
  format: 1,
  seed: 1,
  start: "2026-01-01T00:00:00Z",
  ticksPerSecond: 1_000_000,
  versions: { cosimas: "0.1.0", node: "20.19.0", v8: "11.3" },
  modules: [{ path: "scenario.ts", sha256: "00" }],
  options: { until: 3600 },
};

const name = fc.oneof(fc.constantFrom("grid", "battery-1", "battery-2", "@", "a#b"), fc.string({ unit: "grapheme" }));
const id = fc.oneof(
  fc.tuple(name, fc.nat()).map(([who, number]) => `${who}#${number}`),
  fc.constantFrom("x#01", "x#", "#", "plain", "x#4294967296", "x#4294967295", "x#-1"),
  name,
);
const count = fc.maxSafeNat();
const key = fc.string().filter((text) => !["__proto__", "__type__", "constructor"].includes(text));
/** Values that come back as they went in: -0 becomes 0 and `undefined` null, as everywhere in cosimas. */
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noDefaultInfinity: false }).map((number) => (number === 0 ? 0 : number)),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }).map((keys) => new Map(keys.map((each) => [each, "v"]))),
  ),
})).value;

const tag = { ticks: fc.constant(0), round: fc.nat() };
const common = { ...tag, agent: name, id, cause: fc.option(id, { nil: undefined }) };
const kinds = (...names: string[]) => fc.constantFrom(...names);

const entry = fc.oneof(
  fc.record({ kind: kinds("tick"), ...tag }),
  fc.record({ kind: kinds("feed"), ...tag, op: name, content: fc.array(value, { maxLength: 4 }) }),
  fc.record({
    kind: kinds("step"),
    ...tag,
    sim: name,
    time: count,
    next: fc.option(count, { nil: undefined }),
    inputs: value,
    outputs: value,
  }),
  fc.record({
    kind: kinds("input", "request", "oneway"),
    ...common,
    peer: name,
    method: name,
    args: fc.array(value, { maxLength: 4 }),
  }),
  fc.record({ kind: kinds("reply", "failure"), ...common, peer: name, method: name, content: value }),
  fc.record({ kind: kinds("timer"), ...common }),
  fc.record({ kind: kinds("external"), ...common, ok: fc.boolean(), content: value }),
  fc.record({ kind: kinds("log"), ...common, message: name, fields: value }),
  fc.record({ kind: kinds("created", "removed"), ...common, type: name }),
  fc.record({ kind: kinds("fault"), ...common, code: name, message: name }),
) as fc.Arbitrary<object> as fc.Arbitrary<RunEntry>;

/** Entries of any kind in batches; the ticks of a batch are those of all its entries, and rise. */
export const batches: fc.Arbitrary<RunEntry[][]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2 ** 40 }), fc.array(entry, { minLength: 1, maxLength: 20 })), {
    maxLength: 12,
  })
  .map((list) => {
    let ticks = 0;
    // A step of a simulator belongs to the ticks before it, and has no rounds.
    let told = 0;
    return list.map(([delta, entries]) => {
      ticks += delta;
      return entries.map((each) => {
        if (each.kind === "step") return { ...each, ticks: told, round: 0 };
        told = ticks;
        return { ...each, ticks };
      });
    });
  });

/** A message as agents send many: entries `first` to `first + size` of a long stream, by arithmetic alone. */
export function messages(tick: number, size: number, agents = 1000): RunEntry[] {
  return Array.from({ length: size }, (_, i) => {
    const peer = `agent-${(i * 13 + tick * 5) % agents}`;
    const number = tick * 3 + i;
    return {
      kind: "request",
      ticks: tick * 1_000_000,
      round: 0,
      agent: `agent-${(i * 7 + tick) % agents}`,
      id: `${peer}#${number}`,
      cause: `${peer}#${number - 1}`,
      peer,
      method: "setLimit",
      args: [Math.round(Math.sin(i + tick) * 100) / 100 + 0, true],
    };
  });
}
