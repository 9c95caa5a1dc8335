import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { Agent, Container, type TraceEvent } from "../../../src/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Run a program; never rejects. */
function run(...args: string[]): ReturnType<typeof runProgram> {
  return runProgram("test/support/closing-program.ts", ...args);
}

function runProgram(
  ...args: string[]
): Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }> {
  const command = ["--import", "tsx", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe.each(["container", "platform"])("the end of lives in a %s", (kind) => {
  it("rejects nothing into the process, and runs every finally", async () => {
    const { code, stdout } = await run(kind, "listen");
    const lines = stdout.trim().split("\n");
    expect({ code, lines: [lines.slice(0, 2), lines.slice(2, 4).sort(), lines.slice(4)] }).toEqual({
      code: 0,
      lines: [["finally b", "removed"], ["finally a", "finally c"], ["closed"]],
    });
  });

  it("ends agents that catch whatever ends their waits, and go on", async () => {
    const { code, stdout, stderr } = await runProgram("test/support/stubborn-program.ts", kind);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "closed\n", stderr: "" });
  });

  it("lets what the program itself leaves rejected end the process as ever", async () => {
    const { code, stdout, stderr } = await run(kind);
    expect({ code, last: stdout.trim().split("\n").at(-1) }).toEqual({ code: 1, last: "closed" });
    expect(stderr).toMatch(/of the program/);
  });
});

/** Does real I/O that a test ends. */
class Reader extends Agent {
  static override readonly exposed = ["read", "loop"] as const;
  static reads: (() => void)[] = [];
  static ended = 0;
  async read(): Promise<string> {
    try {
      return await this.external(() => new Promise<string>((resolve) => Reader.reads.push(() => resolve("read"))));
    } finally {
      Reader.ended++;
    }
  }
  async loop(): Promise<void> {
    for (;;) await this.external(async () => 1);
  }
}

async function reading(stopTimeoutMs: number, method = "read") {
  Reader.reads = [];
  Reader.ended = 0;
  const container = await Container.create({ limits: { stopTimeoutMs, roundsMax: 2 ** 31 } });
  container.spawn(Reader, { id: "reader" });
  await container.advance(0);
  const answer = container.call("reader", method);
  const advance = container.advance(10).catch((error: unknown) => error);
  if (method === "read") await vi.waitFor(() => expect(Reader.reads).toHaveLength(1));
  return { container, answer, advance };
}

describe("closing a container during an advance", () => {
  it("waits for the advance, which ends as ever", async () => {
    const { container, answer, advance } = await reading(60_000);
    const closed = container.close();
    Reader.reads[0]!();
    await closed;
    expect(await advance).toBeUndefined();
    expect(await answer).toBe("read");
    await container.close();
  });

  it("begins nothing more meanwhile", async () => {
    const { container, advance } = await reading(60_000);
    const closed = container.close();
    expect(() => container.spawn(Reader, { id: "another" })).toThrow(
      expect.objectContaining({ code: "ERR_RUN_CLOSED" }),
    );
    await expect(container.advance(20)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
    Reader.reads[0]!();
    await Promise.all([closed, advance]);
    await expect(container.advance(20)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
  });

  it("ends an advance that waits for I/O without end", async () => {
    const { container, answer, advance } = await reading(50);
    await container.close();
    expect(await advance).toMatchObject({ code: "ERR_RUN_CLOSED" });
    await expect(answer).rejects.toMatchObject({ code: "ERR_RUN_ENDED" });
    expect(Reader.ended).toBe(1);
    await container.close();
  });

  it("ends an advance whose rounds have no end", async () => {
    const { container, advance } = await reading(50, "loop");
    await container.close();
    expect(await advance).toMatchObject({ code: "ERR_RUN_CLOSED" });
  });

  it("can be called in the midst of closing, too, and gives the same outcome", async () => {
    class Failing extends Agent {
      override stop(): void {
        throw new Error("stuck valve");
      }
    }
    const container = await Container.create();
    container.spawn(Failing, { id: "f" });
    await container.advance(0);
    const outcomes = await Promise.allSettled([container.close(), container.close()]);
    outcomes.push(...(await Promise.allSettled([container.close()])));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: "ERR_RUN_STOP" } });
  });
});

describe("events$ of a container", () => {
  it("completes when the run was closed, for late subscribers, too", async () => {
    const container = await Container.create();
    container.spawn(Reader, { id: "reader" });
    const seen: (TraceEvent["kind"] | "complete")[] = [];
    container.events$.subscribe({ next: ({ kind }) => seen.push(kind), complete: () => seen.push("complete") });
    await container.advance(1);
    await container.close();
    expect(seen).toEqual(["tick", "created", "tick", "complete"]);
    const late = await new Promise((resolve) => {
      container.events$.subscribe({ next: () => resolve("event"), complete: () => resolve("complete") });
    });
    expect(late).toBe("complete");
  });
});
