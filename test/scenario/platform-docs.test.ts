import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/platform.md"), "utf8");
const [agents, run] = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
const printed = /It prints\n\n```\n([\s\S]*?)```/.exec(text)![1]!;

describe("docs/platform.md", () => {
  it("has an example that prints what it says: one container and four processes have one trace", () => {
    mkdirSync(join(root, "out"), { recursive: true });
    const folder = mkdtempSync(join(root, "out", "platform-"));
    try {
      writeFileSync(join(folder, "agents.ts"), agents!);
      writeFileSync(join(folder, "run.ts"), run!);
      const args = ["--import", "tsx", "--conditions=cosimas:source", join(folder, "run.ts")];
      expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 60_000 })).toBe(printed);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const traces = printed.match(/trace [0-9a-f]{16}/g)!;
    expect(new Set(traces).size).toBe(1);
  });
});
