import { afterEach, describe, expect, it } from "vitest";
import { type Isolation, Platform, type PlatformOptions, type Remote, type TraceEvent } from "../../../src/index.ts";
import { type Acquaintance, Power } from "../../support/platform-agents.ts";

const module = new URL("../../support/platform-agents.ts", import.meta.url);
const open: Platform[] = [];
afterEach(async () => {
  for (const platform of open.splice(0)) await platform.close().catch(() => {});
});

/** A platform with four agents: `worker-0` to `worker-3`. */
async function workers(options: Partial<PlatformOptions> = {}): Promise<Platform> {
  const platform = await Platform.create({ module, containers: 2, ...options });
  open.push(platform);
  for (let i = 0; i < 4; i++) await platform.spawn("Worker", { id: `worker-${i}` });
  return platform;
}

describe.each<Isolation>(["inline", "thread", "process"])("a platform, %s", (isolation) => {
  it("carries calls, delayed messages, spawns and removals between its containers", async () => {
    const platform = await workers({ isolation });
    const answer = platform.call("worker-0", "ask", ["worker-1", "echo", { a: [1, null, 2n ** 60n] }]);
    const power = platform.call("worker-0", "ask", ["worker-1", "echo", new Power(3)]);
    platform.input("worker-0", "order", ["worker-1", 4, 2.5]);
    expect(await platform.advance(1)).toBe(3.5);
    expect(await answer).toEqual({ a: [1, null, 2n ** 60n] });
    expect(await power).toEqual(new Power(3));
    expect(await platform.advance(4)).toBeUndefined();
    expect(await platform.outputs("worker-1", ["total", "now"])).toEqual({ total: 4, now: 4 });
    expect([...platform.takeOutputEvents()]).toEqual([["worker-1", { alarm: 4 }]]);
    expect([...platform.takeOutputEvents()]).toEqual([]);
    const raised = platform.call("worker-0", "raise", ["child-1"]);
    await platform.advance(5);
    expect(await raised).toBe("worker-0");
    expect(await platform.outputs("child-1", ["total"])).toEqual({ total: 7 });
    const left = platform.call("child-1", "leave");
    await platform.advance(6);
    expect(await left).toBeNull();
    await expect(platform.outputs("child-1", ["total"])).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
    expect(() => platform.input("child-1", "order")).toThrow('there is no agent "child-1"');
    const late = platform.call("worker-0", "ask", ["child-1", "echo", 1]);
    await platform.advance(7);
    await expect(late).rejects.toMatchObject({ code: "ERR_AGENT_GONE", method: "ask" });
  });

  it("carries agents as arguments and results, which arrive as proxies", async () => {
    const platform = await Platform.create({ module, containers: 2, isolation });
    open.push(platform);
    const [ann, bea] = await Promise.all(
      ["ann-0", "bea-1", "cy-3"].map((id) => platform.spawn<typeof Acquaintance>("Acquaintance", { id })),
    );
    const events: TraceEvent[] = [];
    platform.attach((batch) => events.push(...batch));
    const met = platform.call("ann-0", "introduce", ["bea-1", "cy-3"]);
    const parent = platform.call("ann-0", "child", ["dan-1"]);
    platform.call("ann-0", "later", ["cy-3"]);
    await platform.advance(0);
    expect(await met).toEqual(["bea-1", "cy-3"]);
    expect(await parent).toBe("ann-0");
    const friend = ann!.friend(0);
    await platform.advance(1);
    await expect(friend).resolves.toBe(null); // it has made none
    expect((await platform.outputs("ann-0", ["greeted"])).greeted).toEqual(["bea-1", "cy-3"]);
    expect((await platform.outputs("bea-1", ["greeted"])).greeted).toEqual(["cy-3", "cy-3"]);
    const given = bea!.friend(0) as Promise<Remote<typeof Acquaintance>>;
    const eve = platform.spawn<typeof Acquaintance>("Acquaintance", { id: "eve-0", args: [ann] });
    await eve;
    await platform.advance(2);
    const who = [(await given).who(), (await eve).friend(0) as Promise<Remote<typeof Acquaintance>>] as const; // used by the program outside
    await platform.advance(3);
    expect(await who[0]).toBe("ann-0");
    const again = (await who[1]).who();
    platform.call("ann-0", "meet", [[bea], {}]);
    await platform.advance(4);
    expect(await again).toBe("ann-0");
    expect((await platform.outputs("bea-1", ["greeted"])).greeted).toEqual(["cy-3", "cy-3", "ann-0"]);
    const meeting = events.find((event) => event.kind === "request" && event.method === "meet");
    expect(meeting).toMatchObject({
      args: [[{ __type__: [2, "ann-0"] }], { at: { __type__: [0, expect.any(String)] } }],
    });
  });

  it("says the same about an agent that failed, and takes no further steps", async () => {
    const platform = await workers({ isolation });
    const never = platform.call("worker-2", "sum", [["worker-1", "worker-3", "worker-1"]]);
    platform.input("worker-3", "crash", ["three"]);
    platform.input("worker-0", "crash", ["nought"]);
    await expect(platform.advance(2)).rejects.toMatchObject({
      name: "AgentError",
      code: "ERR_AGENT_FAILED",
      agent: "worker-0",
      method: "crash",
      tag: { ticks: 2_000_000, round: 0 },
      message:
        'agent "worker-0" failed in crash at 2 s: Error: nought (and 1 more: agent "worker-3" failed in crash at 2 s: Error: three)',
    });
    await expect(never).rejects.toMatchObject({ code: "ERR_RUN_ENDED" });
    await expect(platform.advance(3)).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
    expect(() => platform.input("worker-0", "order")).toThrow("the run is failed");
    expect(platform.traceHash()).toMatch(/^[0-9a-f]{16}$/);
    await platform.close();
    await platform.close();
    await expect(platform.spawn("Worker", { id: "x" })).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
  });
});

describe("a platform", () => {
  it("shows the same events, with the same ids and causes, for any number of containers", async () => {
    const seen: TraceEvent[][] = [];
    for (const containers of [1, 2, 4]) {
      const events: TraceEvent[] = [];
      const platform = await workers({ containers });
      platform.events$.subscribe((event) => events.push(event));
      void platform.call("worker-0", "sum", [["worker-1", "worker-2", "worker-3"]]);
      platform.input("worker-3", "order", ["worker-2", 1, 0]);
      void platform.call("worker-1", "ask", ["worker-0", "fail", "so"]);
      for (const t of [0, 1, 5]) await platform.advance(t);
      seen.push(events);
    }
    expect(seen[0]!.length).toBeGreaterThan(20);
    expect(seen[0]!.filter(({ kind }) => kind === "output").length).toBeGreaterThan(6);
    expect(seen[0]!.filter((event) => "cause" in event && event.cause !== undefined).length).toBeGreaterThan(10);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  it("names the agents of an endless exchange, wherever they live", async () => {
    const text: string[] = [];
    for (const containers of [1, 2]) {
      const platform = await workers({ containers, limits: { roundsMax: 20 } });
      void platform.call("worker-0", "pingPong", ["worker-1"]);
      const failure = await platform.advance(1).catch((error) => error);
      expect(failure).toMatchObject({ code: "ERR_ZENO", agent: "worker-0", tag: { round: 20 } });
      text.push(failure.message);
    }
    expect(text[0]).toContain("still exchanging: worker-0, worker-1");
    expect(text[1]).toBe(text[0]);
  });

  it("starts threads with sizes of the heap, and refuses what only a process can have", async () => {
    const isolation = "thread";
    const platform = await workers({ isolation, execArgv: ["--max-semi-space-size=64", "--max-old-space-size=256"] });
    expect(await platform.advance(1)).toBeUndefined();
    const create = Platform.create({ module, isolation, execArgv: ["--max-heap-size=64"] });
    await expect(create).rejects.toMatchObject({
      name: "RangeError",
      message: expect.stringContaining("max-heap-size"),
    });
  });

  it("finds a handler that waits on the wall", async () => {
    const platform = await workers();
    platform.input("worker-1", "wall");
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    await platform.advance(0);
    expect((await warned).message).toContain('agent "worker-1" is still in wall');
    process.emit("beforeExit", 0);
    await new Promise((resolve) => setImmediate(resolve)); // the handler has ended
    await expect(platform.advance(1)).rejects.toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "worker-1" });
    const strict = await workers({ strict: true });
    strict.input("worker-1", "timer");
    await expect(strict.advance(0)).rejects.toMatchObject({ code: "ERR_AGENT_STRICT", agent: "worker-1" });
  });

  it.each([
    ["an unknown class", "Nobody", "a-1", "ERR_AGENT_CLASS", "Power"],
    ["a wrong id", "Worker", "a b", "ERR_AGENT_ID", "white space"],
    ["an id that is taken", "Worker", "worker-1", "ERR_AGENT_DUPLICATE", "used once"],
  ])("refuses %s", async (_what, type, id, code, text) => {
    const platform = await workers();
    const refused = await platform.spawn(type, { id }).catch((error) => error);
    expect(refused).toMatchObject({ code });
    if (text !== "Power") expect(refused.message).toContain(text);
    else expect(refused.message).toContain("it exports Worker");
    await platform.advance(1);
  });

  it("fails with who spawned a class that other containers do not know, and an id twice", async () => {
    for (const containers of [1, 2]) {
      const platform = await workers({ containers });
      platform.input("worker-0", "stranger", []);
      await expect(platform.advance(1)).rejects.toMatchObject({
        code: "ERR_AGENT_FAILED",
        agent: "worker-0",
        cause: { code: "ERR_AGENT_CLASS" },
      });
      const other = await workers({ containers });
      other.input("worker-0", "twice", ["child-1"]);
      await expect(other.advance(1)).rejects.toMatchObject({
        code: "ERR_AGENT_FAILED",
        agent: "worker-0",
        method: "spawn of child-1",
        message: expect.stringContaining("an id is used once"),
      });
    }
  });

  it("refuses to go back or to do two things at once, and goes on", async () => {
    const platform = await workers();
    await platform.advance(5);
    await expect(platform.advance(4)).rejects.toMatchObject({ code: "ERR_CLOCK_BACKWARDS" });
    const advance = platform.advance(6);
    const refused = [platform.advance(7), platform.spawn("Worker", { id: "w" })];
    expect(() => platform.input("worker-0", "order")).toThrow("the run is advancing");
    for (const result of await Promise.allSettled<unknown>(refused)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "ERR_RUN_BUSY" } });
    }
    expect(await advance).toBeUndefined();
    await expect(platform.outputs("worker-0", ["order"])).rejects.toMatchObject({ code: "ERR_AGENT_OUTPUT" });
    expect(await platform.outputs("worker-0", ["now"])).toEqual({ now: 6 });
  });

  it.each([
    [{ containers: 0 }, "containers must be a whole number from 1 to 1024, got 0"],
    [{ isolation: "rack" as Isolation }, 'isolation must be inline, thread, process or remote, got "rack"'],
    [{ container: 4 } as object, 'there is no option "container"; did you mean "containers"?'],
    [{ seed: {} } as object, "Platform.create: seed must be"],
    [
      { limits: { stepTimeoutMs: -1 } },
      "Platform.create: limits.stepTimeoutMs must be a finite number > 0 milliseconds, got -1",
    ],
    [{ execArgv: "--max-old-space-size=64" } as object, "Platform.create: execArgv must be an array"],
    [{ module: undefined } as object, "Platform.create: module must be a URL or the path of a module of agents"],
    [{ module: "no/such/module.ts" }, "module.ts does not load"],
    [{ module: new URL("../../support/population.ts", import.meta.url) }, "exports no class of agents"],
    [{ isolation: "thread" as Isolation, communication: { links: () => ({}) } }, "does not cross to other threads"],
  ])("refuses the options %j", async (options, text) => {
    await expect(Platform.create({ module, ...options })).rejects.toThrow(text);
  });
});
