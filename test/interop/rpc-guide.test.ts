import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** Every example of docs/rpc.md runs as it stands there and prints what it says. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const guide = readFileSync(join(root, "docs/rpc.md"), "utf8");
const { python, reason } = await pythonEnvironment("aiomas");
const NODE = ["--import", "tsx", "--conditions=cosimas:source"];
const WAIT_MS_MAX = 60_000;

/** A file with the example, inside the repository so that `cosimas` is found. */
function file(name: string, code: string): string {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "rpc-guide-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), code);
  return join(folder, name);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

describe("docs/rpc.md", () => {
  const examples = [...guide.matchAll(/```ts\n((?:(?!```)[\s\S])*)```\n\nIt prints\n\n```\n([\s\S]*?)```/g)];

  it("has examples", () => {
    expect(examples).toHaveLength(3);
  });

  it.each(examples.map(([, code, expected], i) => [i + 1, code!, expected!] as const))(
    "example %i prints what it says",
    (_n, code, expected) => {
      const args = [...NODE, file("example.ts", code)];
      const options = { cwd: root, encoding: "utf8", timeout: WAIT_MS_MAX } as const;
      expect(execFileSync(process.execPath, args, options)).toBe(expected);
    },
  );

  it.skipIf(reason !== undefined)(`serves Python${reason === undefined ? "" : ` (skipped: ${reason})`}`, async () => {
    const [, ours, theirs, expected] =
      /```ts\n((?:(?!```)[\s\S])*5555(?:(?!```)[\s\S])*)```\n\n```python\n([\s\S]*?)```\n\nPython prints\n\n```\n([\s\S]*?)```/.exec(
        guide,
      ) ?? [];
    const port = await freePort();
    const args = [...NODE, file("server.ts", ours!.replace("5555", String(port)))];
    const server = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void server.kill("SIGKILL"));
    const exit = once(server, "exit");
    const [said] = await Promise.race([once(server.stdout, "data"), exit]);
    expect(String(said)).toBe(`listening at tcp://127.0.0.1:${port}\n`);
    const program = file("client.py", `import aiomas_compat\n${theirs!.replace("5555", String(port))}`);
    const printed = execFileSync(python!, [program], {
      env: {
        ...process.env,
        PYTHONPATH: join(root, "test/support"),
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONWARNINGS: "ignore",
      },
      encoding: "utf8",
      timeout: WAIT_MS_MAX,
    });
    expect(printed).toBe(expected);
    expect(await exit).toStrictEqual([0, null]); // it ends with its client
  });
});
