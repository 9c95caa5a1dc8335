import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  begin,
  decide,
  fitness,
  perceive,
  react,
  type WorkingMemory,
} from "../../../../scenarios/virtual-power-plant/cohda.ts";

const TARGET = [10, 10];

describe("COHDA", () => {
  it("knows how far a sum is off the target", () => {
    expect(fitness(TARGET, [])).toBe(-20);
    expect(fitness(TARGET, [[4, 4], [5, 9]])).toBe(-4); // biome-ignore format: one line
    expect(fitness(TARGET, [[10, 10]])).toBe(0);
  });

  it("takes over what it did not know, and a candidate of all", () => {
    const heard = begin("b", TARGET, [3, 3]);
    const perceived = perceive("a", begin("a", TARGET, [4, 4]), heard);
    expect(perceived).toEqual({
      target: TARGET,
      configuration: { a: { schedule: [4, 4], counter: 1 }, b: { schedule: [3, 3], counter: 1 } },
      candidate: { creator: "a", schedules: { a: [4, 4], b: [3, 3] }, fitness: -6 },
    });
  });

  it("says nothing when nothing is new", () => {
    const known = react("a", begin("a", TARGET, [4, 4]), [begin("b", TARGET, [3, 3])], [[4, 4]]);
    expect(react("a", known, [known, begin("b", TARGET, [3, 3])], [[4, 4]])).toBe(known);
  });

  it("takes the newer selection, whichever comes first", () => {
    const older = begin("b", TARGET, [3, 3]);
    const newer = { ...older, configuration: { b: { schedule: [5, 5], counter: 2 } } };
    for (const heard of [
      [older, newer],
      [newer, older],
    ]) {
      // biome-ignore format: one line
      const known = heard.reduce((memory, other) => perceive("a", memory, other), begin("a", TARGET, [4, 4]));
      expect(known.configuration["b"]).toEqual({ schedule: [5, 5], counter: 2 });
    }
  });

  it("prefers the fitter candidate of the same agents, of equals that of the lesser creator", () => {
    const of = (creator: string, a: number, value: number): WorkingMemory => ({
      ...begin("a", TARGET, [a, a]),
      candidate: { creator, schedules: { a: [a, a] }, fitness: value },
    });
    expect(perceive("a", of("b", 4, -12), of("c", 5, -10)).candidate.creator).toBe("c");
    expect(perceive("a", of("b", 4, -12), of("c", 3, -14)).candidate.creator).toBe("b");
    expect(perceive("a", of("b", 4, -12), of("a", 16, -12)).candidate.creator).toBe("a");
  });

  it("chooses what is best with the others, and counts its choice", () => {
    const heard = begin("b", TARGET, [3, 3]);
    const known = perceive("a", begin("a", TARGET, [4, 4]), heard);
    const decided = decide("a", known, [[4, 4], [6, 7], [9, 9]], heard.candidate); // biome-ignore format: one line
    expect(decided.configuration["a"]).toEqual({ schedule: [6, 7], counter: 2 });
    expect(decided.candidate).toEqual({ creator: "a", schedules: { a: [6, 7], b: [3, 3] }, fitness: -1 });
  });

  it("never makes the best candidate worse, and keeps its fitness true", () => {
    const schedule = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 2 });
    const ids = fc.constantFrom("a", "b", "c", "d");
    const memory = ids.chain((id) => schedule.map((own) => begin(id, TARGET, own)));
    fc.assert(
      fc.property(
        fc.array(memory, { maxLength: 6 }),
        fc.array(schedule, { minLength: 1, maxLength: 5 }),
        (heard, own) => {
          let known = begin("a", TARGET, own[0]!);
          for (const other of heard.filter(({ candidate }) => candidate.creator !== "a")) {
            const before = perceive("a", known, other);
            known = react("a", known, [other], own);
            expect(known.candidate.fitness).toBeGreaterThanOrEqual(before.candidate.fitness);
            expect(known.candidate.fitness).toBe(fitness(TARGET, Object.values(known.candidate.schedules)));
            expect(Object.keys(known.candidate.schedules).sort()).toEqual(Object.keys(known.configuration).sort());
            expect(known.configuration["a"]!.schedule).toEqual(known.candidate.schedules["a"]);
          }
        },
      ),
    );
  });
});
