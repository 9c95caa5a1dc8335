import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { readPage } from "../support/docs/page.ts";
import { pythonEnvironment } from "../support/python.ts";

const { python, reason } = await pythonEnvironment("mango");

const PROGRAM = `
import json, mango
names = [name for name in dir(mango) if not name.startswith("_")]
print(json.dumps(names + ["Agent." + name for name in dir(mango.Agent) if not name.startswith("_")]))`;

it.skipIf(reason !== undefined)(
  `docs/guide/from-mango.md names what mango has${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const names: string[] = JSON.parse(execFileSync(python!, ["-c", PROGRAM], { encoding: "utf8" }));
    const table = readPage("docs/guide/from-mango.md").split("## Counterparts")[1]!;
    const left = [...table.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
      cell!.split(", ").map((name) => name.slice(1, -1)),
    );
    expect(left.length).toBeGreaterThan(40);
    for (const name of left) expect(names).toContain(name);
  },
);
