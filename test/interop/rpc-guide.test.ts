import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
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

/** Resolves once the child listens; rejects if it ends instead. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connectSocket(port, "127.0.0.1");
    const heard = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    socket.destroy();
    if (heard) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the example ended with ${child.exitCode}`);
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
    // The probe whether it listens must not be taken for the client whose end closes the server.
    const code = ours!.replace("5555", String(port)).replace(/\n {2}onConnection:.*\n/, "\n");
    const server = spawn(process.execPath, [...NODE, file("server.ts", code)], { cwd: root, stdio: "ignore" });
    onTestFinished(() => void server.kill("SIGKILL"));
    await listening(port, server);
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
  });
});
