import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  connectManyToOne,
  connectRandomly,
  connectZip,
  type Entity,
  summaryTable,
  World,
} from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

const probe = (behaviour: ProbeBehaviour = {}) => ({ simulator: () => new Probe(behaviour) });

async function entities(world: World<{ A: ReturnType<typeof probe> }>, count: number): Promise<readonly Entity[]> {
  return (await world.start("A")).M.create(count);
}

describe("connecting many", () => {
  it("to one, or in pairs", async () => {
    const world = new World({ A: probe() });
    const [many, others] = [await entities(world, 3), await entities(world, 3)];
    connectManyToOne(world, many, others[0]!, ["out", "in"]);
    connectZip(world, others.slice(1), many.slice(1), ["out", "in"], { timeShifted: true, initialData: { out: 0 } });
    expect(() => connectZip(world, many, others.slice(1), "x")).toThrow("connectZip: 3 sources and 2 destinations");
    await world.run({ until: 2 });
    expect(world.mermaid()).toBe(
      [
        "flowchart LR",
        '  s0["A-0<br/>time-based, 3 entities"]',
        '  s1["A-1<br/>time-based, 3 entities"]',
        '  s1 -.->|"out to in, 1 step later"| s0',
        '  s0 -->|"out to in"| s1',
      ].join("\n"),
    );
  });

  it("by chance, evenly or not, the same for the same generator", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
        (sources, dests, evenly, chances) => {
          const pairs: [unknown, unknown][] = [];
          const world = { connect: (src: Entity, dest: Entity) => void pairs.push([src, dest]) };
          const from = Array.from({ length: sources }, (_, i) => ({ eid: `s${i}` }) as Entity);
          const to = Array.from({ length: dests }, (_, i) => ({ eid: `d${i}` }) as Entity);
          const random = () => chances.next().value as number;
          const connectionsMax = Math.ceil(sources / dests);
          const used = connectRandomly(world, from, to, { random, evenly, connectionsMax }, "x");
          expect(pairs.map(([src]) => src)).toEqual(from);
          expect(used).toEqual(new Set(pairs.map(([, dest]) => dest)));
          const counts = to.map((dest) => pairs.filter(([, other]) => other === dest).length);
          expect(Math.max(0, ...counts)).toBeLessThanOrEqual(connectionsMax);
          if (evenly) expect(Math.min(...counts)).toBe(Math.floor(sources / dests));
        },
      ),
    );
  });

  it("refuses what leaves some without a place, before anything is connected", () => {
    const world = { connect: () => expect.unreachable() };
    const from = [{}, {}, {}] as Entity[];
    const random = () => 0;
    expect(() => connectRandomly(world, from, [], { random }, "x")).toThrow("there are no destinations");
    const options = { random, evenly: false, connectionsMax: 1 };
    expect(() => connectRandomly(world, from, from.slice(1), options, "x")).toThrow("3 sources do not fit");
  });
});

describe("a summary", () => {
  it("says who was busy, and who waited for whom", async () => {
    const slow = (time: number) => new Promise<number>((resolve) => setTimeout(() => resolve(time + 1), 20));
    const world = new World({ Slow: probe({ step: slow }), Quick: probe() });
    const [a] = await (await world.start("Slow")).M.create(1);
    const [b] = await (await world.start("Quick")).M.create(1);
    world.connect(a!, b!, ["out", "in"]);
    expect(world.summary().wallMs).toBe(0);
    await world.run({ until: 5 });
    const summary = world.summary();
    const [first, second] = summary.simulators;
    expect([first!.steps, second!.steps]).toEqual([5, 5]);
    // A timer of 20 ms takes at least 19.
    expect(first!.busyMs).toBeGreaterThan(5 * 19);
    expect([...second!.waitedMs.keys()]).toEqual(["Slow-0"]);
    expect(second!.waitedMs.get("Slow-0")!).toBeGreaterThan(4 * 19);
    expect(summary.wallMs).toBeGreaterThan(5 * 19);
    expect(world.summary().wallMs).toBe(summary.wallMs);
    const lines = summaryTable(summary).split("\n");
    expect(lines[0]).toMatch(/^simulator +steps +busy +of the run +waited +most for$/);
    expect(lines[1]).toMatch(/^Slow-0 +5 +0\.\d{3} s +\d+\.\d %/);
    expect(lines[2]).toMatch(/^Quick-0 +5 .* Slow-0$/);
    expect(lines[3]).toMatch(/^wall time \d+\.\d{3} s$/);
  });

  it("of groups, weak connections and names in quotes draws boxes and thick arrows", async () => {
    const world = new World({ A: probe(), 'B"#': probe() });
    await world.group(async (group) => {
      const a = await (await group.start("A")).M();
      const b = await (await group.start('B"#')).M();
      world.connect(a, b, ["out", "in"]);
      world.connect(b, a, ["out", "in"], { weak: true, initialData: { out: 0 } });
    });
    expect(world.mermaid()).toBe(
      [
        "flowchart LR",
        '  subgraph g1[" "]',
        '    s0["A-0<br/>time-based, 1 entity"]',
        '    s1["B#quot;#35;-0<br/>time-based, 1 entity"]',
        "  end",
        '  s1 ==>|"out to in"| s0',
        '  s0 -->|"out to in"| s1',
      ].join("\n"),
    );
  });
});
