import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";

it("docs/limits.md has every limit with its default", () => {
  const text = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([\d,]+) \| \S/gm)].map(([, name, value]) => [
    name,
    Number(value!.replaceAll(",", "")),
  ]);
  expect(Object.fromEntries(rows)).toEqual(DEFAULT_LIMITS);
  expect(rows).toHaveLength(Object.keys(DEFAULT_LIMITS).length);
});
