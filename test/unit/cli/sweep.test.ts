import { expect, it } from "vitest";
import { nameOf, sweepPoints } from "../../../src/cli/sweep.ts";

it("a sweep has every combination, in the order of its values", () => {
  const points = sweepPoints(["seed=1..3", "limit=0.8,1.0"]);
  expect(points.map(nameOf)).toEqual([
    "seed=1,limit=0.8",
    "seed=1,limit=1.0",
    "seed=2,limit=0.8",
    "seed=2,limit=1.0",
    "seed=3,limit=0.8",
    "seed=3,limit=1.0",
  ]);
  expect(sweepPoints(["t=-1..1"]).map(nameOf)).toEqual(["t=-1", "t=0", "t=1"]);
  expect(nameOf([["file", "a/b c"]])).toBe("file=a_b_c");
});

it.each([["seed"], ["seed="], ["=1"], ["seed=3..1"], ["seed=1..1000000"]])("%s is refused", (spec) => {
  expect(() => sweepPoints([spec])).toThrow(/--sweep/);
});

it("names and numbers are bounded", () => {
  expect(() => sweepPoints(["a=1..2", "a=3"])).toThrow("twice");
  expect(() => sweepPoints(["a=1..1000", "b=1..1000"])).toThrow("1000000 runs");
});
