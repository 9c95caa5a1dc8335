import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFile } from "node:fs";
import { readFile as readPromised } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as wallSleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/index.ts";

const here = import.meta.filename;

class Free extends Agent {
  static override readonly outputs = ["result"] as const;
  result: unknown = null;
  code: (agent: Free) => unknown = () => undefined;
  async run(): Promise<void> {
    this.result = (await this.code(this)) ?? null;
  }
  wait(): Promise<void> {
    return this.clock.sleep(1);
  }
  io<T>(f: () => Promise<T>): Promise<T> {
    return this.external(f);
  }
  timer(f: () => unknown): void {
    this.clock.callIn(1, f);
  }
}

let open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.map((container) => container.close()));
  open = [];
});

async function strictly(code: Free["code"], strict = true): Promise<unknown> {
  const container = await Container.create({ strict });
  open.push(container);
  const agent = container.spawn(Free, { id: "f" });
  agent.code = code;
  container.input("f", "run");
  await container.advance(0);
  await container.advance(10);
  return container.outputs("f", ["result"])["result"];
}

/** Globals that strict mode touches, as they are now. */
function globals(): unknown[] {
  const own = (object: object, key: string) => Object.getOwnPropertyDescriptor(object, key);
  return [
    own(globalThis, "Date"),
    own(Date, "now"),
    own(Math, "random"),
    own(process, "hrtime"),
    own(process.hrtime, "bigint"),
    own(process, "uptime"),
    own(Object.getPrototypeOf(performance), "now"),
    own(Object.getPrototypeOf(crypto), "randomUUID"),
    ...["setTimeout", "setInterval", "setImmediate", "fetch"].map((key) => own(globalThis, key)),
  ];
}

const TRAPPED: [string, () => unknown][] = [
  ["Date.now", () => Date.now()],
  ["new Date()", () => new Date()],
  ["new Date()", () => Date()],
  ["Math.random", () => Math.random()],
  ["performance.now", () => performance.now()],
  ["process.hrtime", () => process.hrtime()],
  ["process.hrtime.bigint", () => process.hrtime.bigint()],
  ["process.uptime", () => process.uptime()],
  ["crypto.randomUUID", () => crypto.randomUUID()],
  ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(4))],
  ["setTimeout", () => setTimeout(() => {}, 1)],
  ["setInterval", () => setInterval(() => {}, 1)],
  ["setImmediate", () => setImmediate(() => {})],
  ["fetch", () => fetch("http://127.0.0.1:1")],
];

const IO: [string, () => unknown][] = [
  ["a timer by import", () => wallSleep(1)],
  ["a file", () => readPromised(here)],
  ["a file by callback", () => readFile(here, () => {})],
  ["a stream", () => createReadStream(here).resume()],
  ["a socket", () => connect({ port: 1, host: "127.0.0.1" }).on("error", () => {})],
  ["web crypto", () => crypto.subtle.digest("SHA-256", new Uint8Array(4))],
  ["zlib", () => gzip("x", () => {})],
  ["a worker", () => new Worker("", { eval: true })],
  ["a child process", () => spawn(process.execPath, ["-e", ""])],
  ["a module", () => import("node:vm").then(() => readPromised(here))],
];

describe("strict mode", () => {
  it.each(TRAPPED)("stops %s in agent code, and names agent and method", async (what, use) => {
    const before = globals();
    const caught: unknown[] = [];
    const run = strictly(() => {
      try {
        use();
      } catch (error) {
        caught.push(error);
      }
    });
    await expect(run).rejects.toMatchObject({ code: "ERR_AGENT_STRICT", agent: "f", method: "run" });
    await expect(run).rejects.toThrow(`agent "f" used ${what} in run at 0 s`);
    expect(caught).toHaveLength(1);
    expect(globals()).toEqual(before);
  });

  it("says one sentence, once, for two mistakes one each", async () => {
    const sentence = (what: string, instead: string) =>
      `agent "f" used ${what} in run at 0 s, which strict mode does not allow; use ${instead}`;
    const [now, random] = [
      sentence("Date.now", "this.clock.time() or this.clock.utcnow()"),
      sentence("Math.random", "this.random()"),
    ];
    const messageOf = (code: Free["code"]) => strictly(code).catch((error: Error) => error.message);
    expect(await messageOf(() => Date.now())).toBe(now);
    const twice = (use: () => number) => {
      try {
        use();
      } catch {}
      Date.now();
    };
    expect(await messageOf(() => twice(Date.now))).toBe(now);
    expect(await messageOf(() => twice(Math.random))).toBe(`${random} (and 1 more: ${now})`);
    // What it throws besides is told.
    const other = 'agent "f" failed in run at 0 s: RangeError: none';
    const both = () => {
      try {
        Date.now();
      } catch {}
      throw new RangeError("none");
    };
    expect(await messageOf(both)).toBe(`${now} (and 1 more: ${other})`);
  });

  it.each(IO)("finds %s in agent code, and names agent and method", async (_what, use) => {
    await expect(strictly(() => void use())).rejects.toMatchObject({
      code: "ERR_AGENT_STRICT",
      agent: "f",
      method: "run",
      message: expect.stringContaining("I/O"),
    });
  });

  it("finds them after a simulated wait, in timers, in other agents' turns and in constructors", async () => {
    const late = strictly(async (agent) => {
      await agent.wait();
      Date.now();
    });
    await expect(late).rejects.toMatchObject({ code: "ERR_AGENT_STRICT", message: expect.stringContaining("at 1 s") });
    const timer = strictly((agent) => agent.timer(() => Math.random()));
    await expect(timer).rejects.toMatchObject({ code: "ERR_AGENT_STRICT", method: "timer" });
    class Born extends Free {
      readonly at = Date.now();
    }
    const container = await Container.create({ strict: true });
    expect(() => container.spawn(Born, { id: "b" })).toThrow(expect.objectContaining({ method: "constructor" }));
  });

  it("lets through what repeats, and what external does", async () => {
    const result = await strictly(async (agent) => {
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      const text = await agent.io(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const [file, now] = [await readPromised(here, "utf8"), Date.now()];
        return `${file.length > 0} ${now > 0}`;
      });
      const year = agent.clock.utcnow().plus({ days: 1 }).toISODate();
      return [
        text,
        year,
        new Date(0) instanceof Date,
        new Date(2000, 1).getFullYear(),
        createHash("md5").digest("hex"),
      ];
    });
    expect(result).toEqual(["true true", "2000-01-02", true, 2000, "d41d8cd98f00b204e9800998ecf8427e"]);
  });

  it("disturbs nobody else while its agents run", async () => {
    const outside: number[] = [];
    const container = await Container.create({ strict: true });
    open.push(container);
    const agent = container.spawn(Free, { id: "f" });
    agent.code = (self) => self.io(() => new Promise((resolve) => setTimeout(resolve, 50)));
    container.input("f", "run");
    const advance = container.advance(1);
    let running = true;
    const work = (async () => {
      while (running) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        outside.push(Date.now(), new Date().getFullYear(), Math.random(), performance.now());
      }
    })();
    await advance;
    running = false;
    await work;
    expect(outside.length).toBeGreaterThan(0);
    await promisedExec();
  });

  it("makes a handler that a step leaves open without a simulated wait an error", async () => {
    await expect(strictly(() => new Promise(() => {}))).rejects.toMatchObject({
      code: "ERR_AGENT_OPEN_HANDLER",
      agent: "f",
      method: "run",
    });
  });

  it("is off unless asked for", async () => {
    expect(await strictly(() => [Date.now() > 0, Math.random() < 1], false)).toEqual([true, true]);
  });

  it("changes no trace", async () => {
    const hashes = [];
    for (const strict of [false, true]) {
      const container = await Container.create({ strict });
      open.push(container);
      container.spawn(Free, { id: "f" }).code = (agent) => agent.wait();
      container.input("f", "run");
      await container.advance(5);
      hashes.push(container.traceHash());
    }
    expect(hashes[0]).toBe(hashes[1]);
  });
});

/** What is started after a strict run is trapped no more. */
function promisedExec(): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["-e", ""], (error) => (error === null ? resolve() : reject(error)));
  });
}
