import { expect, it } from "vitest";
import { firstDifference } from "../../../src/observe/comparison.ts";

it.each<[unknown, unknown, string | undefined, readonly [unknown, unknown] | undefined]>([
  [{ content: [{ a: 1, b: 2 }] }, { content: [{ a: 1, b: 2 }] }, undefined, undefined],
  [{ content: [{ a: 1, b: 2 }] }, { content: [{ a: 1, b: 3 }] }, "content[0].b", [2, 3]],
  // Bytes and hash have keys in their order.
  [
    { content: [{ a: 1, b: 2 }] },
    { content: [{ b: 2, a: 1 }] },
    "Object.keys(content[0])",
    [
      ["a", "b"],
      ["b", "a"],
    ],
  ],
  [{ content: [{ a: 1, b: 2 }] }, { content: [{ b: 3, a: 1 }] }, "content[0].b", [2, 3]],
  // A field that is undefined is as one that is not there; an event's own fields have no order.
  [{ content: { a: 1, x: undefined, b: 2 } }, { content: { a: 1, b: 2, x: undefined } }, undefined, undefined],
  [{ id: "1", content: 1 }, { content: 1, id: "1" }, undefined, undefined],
])("%j and %j differ first in %s", (a, b, path, values) => {
  const found = firstDifference(a, b, "");
  expect([found?.path, found?.values]).toEqual([path, values]);
});
