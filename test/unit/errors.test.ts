import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { AgentError, CosimError, describeError, RemoteError } from "../../src/errors.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Codes of Node's own that the source looks at. */
const OF_NODE: ReadonlySet<string> = new Set(["ERR_SSL", "ERR_WORKER_INVALID_EXEC_ARGV"]);

function codesIn(text: string): Set<string> {
  return new Set(text.match(/\bERR_[A-Z]+(?:_[A-Z]+)*\b/g));
}

function source(): string {
  const files = ["src", "adapters", "scenarios"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
  );
  return files.join("\n").replace(/\/\*[\s\S]*?\*\//g, "");
}

describe("errors", () => {
  it("are all in docs/errors.md, and nothing else is", () => {
    const documented = codesIn(readFileSync(join(root, "docs/errors.md"), "utf8"));
    expect([...documented].sort()).toEqual([...codesIn(source())].filter((code) => !OF_NODE.has(code)).sort());
  });

  it("have a section each in docs/errors.md, that says what to do", () => {
    const text = readFileSync(join(root, "docs/errors.md"), "utf8");
    const sections = [...text.matchAll(/^### (\w+)\n\n(.+)\n\n\*\*What to do:\*\* (.+)\n/gm)];
    expect(sections.map(([, code]) => code).sort()).toEqual([...codesIn(text)].sort());
    for (const [, code, what, todo] of sections) expect(`${what} ${todo}`, code).toMatch(/^.{8,}[.?] .{4,}[.?]$/);
  });

  it("carry who and when, and nothing that was not said", () => {
    const cause = new Error("why");
    const error = new AgentError("ERR_X", "text", { agent: "a", tag: { ticks: 5, round: 1 }, cause });
    expect(error).toBeInstanceOf(CosimError);
    expect(error).toMatchObject({ name: "AgentError", code: "ERR_X", agent: "a", tag: { ticks: 5, round: 1 }, cause });
    expect(Object.keys(error)).not.toContain("peer");
    expect("cause" in new AgentError("ERR_X", "text")).toBe(false);
  });

  it.each([
    [new TypeError("bad"), ["ERR_REMOTE", "TypeError", "bad"]],
    [Object.assign(new Error("full"), { code: "ENOSPC" }), ["ENOSPC", "Error", "full"]],
    [new RemoteError("ERR_FAR", "ValueError", "far"), ["ERR_FAR", "ValueError", "far"]],
    ["just text", ["ERR_REMOTE", "Error", "just text"]],
    [Object.create(null), ["ERR_REMOTE", "Error", "a thrown object"]],
    [undefined, ["ERR_REMOTE", "Error", "undefined"]],
    [new Error("half \ud800"), ["ERR_REMOTE", "Error", "half \ufffd"]],
  ])("are described to others as code, name and message: %s", (error, triple) => {
    expect(describeError(error)).toEqual(triple);
  });
});
