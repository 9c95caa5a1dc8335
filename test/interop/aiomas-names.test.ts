import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readPage } from "../support/docs/page.ts";
import { pythonEnvironment } from "../support/python.ts";

/** The tables of docs/guide/from-aiomas.md: a section for each module of aiomas, a row for each of its public names. */
const { python, reason } = await pythonEnvironment("aiomas");
const text = readPage("docs/guide/from-aiomas.md");
const sections = [...text.matchAll(/^### (aiomas[\w.]*)\n([\s\S]*?)(?=^### |$(?![\s\S]))/gm)].map(([, name, body]) => ({
  name: name!,
  rows: [...body!.matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)].map(([, theirs, ours]) => ({
    theirs: theirs!,
    ours: ours!,
  })),
}));

/** What the package declares, without comments. */
function declarations(): string {
  return ["src", "adapters"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
    )
    .join("\n")
    .replace(/\/\*[\s\S]*?\*\//g, "");
}

describe("docs/guide/from-aiomas.md", () => {
  it.skipIf(reason !== undefined)(
    `has every public name of aiomas, and no other${reason === undefined ? "" : ` (skipped: ${reason})`}`,
    () => {
      const env = { ...process.env, PYTHONPATH: join(ROOT, "test/support/docs/python"), PYTHONWARNINGS: "ignore" };
      const program = join(ROOT, "test/interop/fixtures/aiomas_names.py");
      const names: Record<string, string[]> = JSON.parse(execFileSync(python!, [program], { env, encoding: "utf8" }));
      const documented = sections.map(({ name, rows }) => [name, rows.map(({ theirs }) => theirs).sort()] as const);
      expect(Object.fromEntries(documented)).toEqual(
        Object.fromEntries(Object.entries(names).map(([name, all]) => [name, all.sort()])),
      );
    },
  );

  it("names counterparts that there are", () => {
    const ours = new Set(declarations().match(/[A-Za-z]\w*/g));
    const NOT_OURS = new Set([
      "await",
      "static",
      "tcp",
      "DateTime",
      "local",
      "name",
      "HOST",
      "PORT",
      "dt",
      "f",
      "t",
      "x",
      "y",
      "container",
    ]);
    const rows = sections.flatMap(({ rows }) => rows);
    expect(rows.length).toBeGreaterThan(150);
    for (const { theirs, ours: counterpart } of rows)
      for (const [, code] of counterpart.matchAll(/`([^`]*)`/g))
        for (const word of code!.replace(/"[^"]*"/g, "").match(/[A-Za-z]\w*/g) ?? [])
          if (!NOT_OURS.has(word)) expect(ours, `${theirs}: ${code}`).toContain(word);
  });
});
