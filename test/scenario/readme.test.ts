import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Run a module as a user of the package would; it lies inside the repository so that `cosimas` is found. */
function run(code: string): string {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "readme-"));
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, code);
    const args = ["--import", "tsx", "--conditions=cosimas:source", file];
    return execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("README", () => {
  it("has an example of 25 lines at most that prints what the README says", () => {
    const [, code = "", expected = ""] = /```ts\n([\s\S]*?)```\n\nIt prints\n\n```\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
    expect(run(code)).toBe(expected);
  });

  it("shows the result of day 140 that the scenario gives", () => {
    const [, shown = ""] = /```\n(Low-voltage grid[\s\S]*?)```/.exec(readme) ?? [];
    const args = ["dist/src/cli/main.js", "run", "scenarios/lv-congestion/scenario.ts"];
    const printed = execFileSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
      timeout: 60_000,
    });
    const lines = printed.split("\n").filter((line) => !/^(wall time|picture) /.test(line));
    expect(lines.join("\n")).toBe(shown);
  });
});
