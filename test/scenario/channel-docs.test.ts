import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/channel.md"), "utf8");
const examples = [...text.matchAll(/## ([^\n]*)\n(?:(?!\n## )[\s\S])*?```ts\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/g)];

describe("docs/channel.md", () => {
  it("has all its examples checked here", () => {
    expect(examples).toHaveLength(text.split("```ts").length - 1);
  });

  it.each(examples.map(([, title, code, printed]) => [title!, code!, printed!]))("%s", (_title, code, printed) => {
    mkdirSync(join(root, "out"), { recursive: true });
    const folder = mkdtempSync(join(root, "out", "channel-"));
    try {
      writeFileSync(join(folder, "example.ts"), code);
      const args = ["--import", "tsx", "--conditions=cosimas:source", join(folder, "example.ts")];
      expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 60_000 })).toBe(printed);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
