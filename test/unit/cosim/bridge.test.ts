import { describe, expect, it } from "vitest";
import { Bridge, type Population } from "../../../src/cosim/index.ts";

/** A population that notes what it is asked and says when its next event is. */
function population(nextS: number | undefined): Pick<Population, "inputs" | "advance"> & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    inputs: (inputs) => void calls.push(...inputs.map(({ agent, method, args }) => [agent, method, args])),
    advance: async (t) => {
      calls.push(t);
      return nextS;
    },
  };
}

const ticksPerSecond = 1_000_000;

describe("Bridge", () => {
  it("gives the inputs and advances to exactly time x resolution", async () => {
    const agents = population(undefined);
    const bridge = new Bridge(agents, { unitS: 0.1, ticksPerSecond, stepSize: 5 });
    expect(await bridge.step(3, [{ agent: "a", method: "m", args: [1] }])).toBe(8);
    expect(agents.calls[0]).toEqual(["a", "m", [1]]);
    expect(agents.calls[1]).toBeCloseTo(0.3, 12);
  });

  it.each([
    [1, 900.0, undefined, 2],
    [1, 1800.000001, undefined, 3],
    [1, 5400, 4, 5],
    [1, 3600.000001, 4, 5],
    [1, 2000, 4, 3],
    [1, undefined, undefined, undefined],
  ])(
    "at step %d with the next event at %d s and step size %d, the next step is %d",
    async (time, nextS, stepSize, next) => {
      const options = { unitS: 900, ticksPerSecond, ...(stepSize === undefined ? {} : { stepSize }) };
      expect(await new Bridge(population(nextS), options).step(time, [])).toBe(next);
    },
  );

  it("refuses a time that is none, and a repeat unless the protocol has repeats", async () => {
    const bridge = new Bridge(population(undefined), { unitS: 1, ticksPerSecond });
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expect(bridge.step(time, [])).rejects.toMatchObject({ code: "ERR_BRIDGE_TIME" });
    }
    await bridge.step(1, []);
    for (const time of [1, 0]) {
      await expect(bridge.step(time, [])).rejects.toMatchObject({ code: "ERR_BRIDGE_REPEATED" });
    }
    const repeating = new Bridge(population(undefined), { unitS: 1, ticksPerSecond, repeats: true });
    await repeating.step(1, []);
    await expect(repeating.step(1, [])).resolves.toBeUndefined();
  });

  it.each([1e-7, 0, -1, Number.NaN, 1.0000005])("refuses a resolution of %d s", (unitS) => {
    expect(() => new Bridge(population(undefined), { unitS, ticksPerSecond })).toThrow(
      expect.objectContaining({ code: "ERR_BRIDGE_RESOLUTION" }),
    );
  });
});
