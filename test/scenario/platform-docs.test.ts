import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/platform.md"), "utf8");
const [agents, run, remote] = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
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

  it("has commands for several machines that run as they stand there", async () => {
    const blocks = [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block!);
    const [certificates, commands] = [/openssl req -x509/, /COSIMAS_TOKEN=/].map(
      (has) => blocks.find((b) => has.test(b))!,
    );
    const program = `${process.execPath} --import tsx --conditions=cosimas:source`;
    const port = String(await freePort());
    const ready = (script: string) =>
      script
        .replaceAll("5555", port)
        .replaceAll("node remote.ts", `${program} remote.ts`)
        .replaceAll("npx cosimas", `${program} ${join(root, "src/cli/main.ts")}`);
    const folder = mkdtempSync(join(root, "out", "remote-"));
    try {
      writeFileSync(join(folder, "agents.ts"), agents!);
      writeFileSync(join(folder, "remote.ts"), ready(remote!));
      const bash = (script: string) =>
        execFileSync("bash", ["-ec", script], { cwd: folder, encoding: "utf8", timeout: 60_000, stdio: "pipe" });
      bash(certificates!);
      expect(bash(ready(commands!))).toBe(`${printed.match(/trace [0-9a-f]{16}/)![0]}\n`);
      expect(text).toContain(`It prints \`${printed.match(/trace [0-9a-f]{16}/)![0]}\``);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
