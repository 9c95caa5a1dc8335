import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/agents.md"), "utf8");

it("docs/agents.md has an example that prints what it says", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text)!;
  const [, printed] = /It prints\n\n```\n([\s\S]*?)```/.exec(text)!;
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "agents-"));
  try {
    writeFileSync(join(folder, "houses.ts"), code!);
    const args = ["--import", "tsx", "--conditions=cosimas:source", join(folder, "houses.ts")];
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 60_000 })).toBe(printed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
