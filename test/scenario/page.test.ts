import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { World } from "../../adapters/mosaik/index.ts";
import { hasChromium, launchChromium } from "../support/page-browser.ts";
import { PageClient, ROOT } from "../support/page-run.ts";

/** The page by the command line: run, replay, sim, view, export. The page itself is that of the build. */
mkdirSync(join(ROOT, "out"), { recursive: true });
const folder = mkdtempSync(join(ROOT, "out", "page-"));
const file = (name: string) => join(folder, name);
const SCENARIO = "scenarios/lv-congestion";
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command under way, and what it has written. */
class Command {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly ended: Promise<number | null>;
  #waiting: (() => void)[] = [];

  constructor(...args: string[]) {
    const node = ["--conditions=cosimas:source", "--import", "tsx", "src/cli/main.ts", ...args];
    this.child = spawn(process.execPath, node, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    children.push(this.child);
    this.child.stdout!.on("data", (text) => {
      this.stdout += text;
    });
    this.child.stderr!.on("data", (text) => {
      this.stderr += text;
      for (const look of this.#waiting.splice(0)) look();
    });
    this.ended = once(this.child, "close").then(([code]) => code as number | null);
  }

  /** What standard error has come to say. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stderr);
      if (found !== null) return found;
      const more = new Promise<void>((resolve) => this.#waiting.push(resolve));
      const code = await Promise.race([more, this.ended]);
      if (code !== undefined && !pattern.test(this.stderr))
        throw new Error(`it has ended with ${code}: ${this.stderr}`);
    }
  }

  async page(): Promise<PageClient> {
    return PageClient.open((await this.said(/^page: (\S+)$/m))[1]!);
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};

describe("lv-congestion on a page", { timeout: 240_000 }, () => {
  let hash = "";
  beforeAll(async () => {
    const run = new Command("run", SCENARIO, "--out", folder, "--record", file("day.mcap"));
    expect(await run.ended, run.stderr).toBe(0);
    hash = /^trace hash ([0-9a-f]{16})$/m.exec(run.stdout)![1]!;
  }, 240_000);

  it("is watched and held, recorded the same, shown when it is over, and ended by Ctrl-C", async () => {
    const run = new Command(
      "run",
      SCENARIO,
      "--out",
      folder,
      "--record",
      file("watched.mcap"),
      "--watch",
      "--paused",
      "--metrics",
      "0",
    );
    const client = await run.page();
    await client.until(() => client.frame?.phase === "paused");
    expect(client.info).toMatchObject({ source: "live", title: "lv-congestion", seed: "1", controls: "full" });
    expect(client.info!.topology?.nodes.length).toBe(15);
    const [, port] = await run.said(/^metrics: http:\/\/127\.0\.0\.1:(\d+)\/metrics$/m);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('cosimas_phase{phase="paused"} 1');
    await client.ask({ do: "step" });
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 900_000_000);
    const { values } = await client.ask<{ values: number[] }>({
      ask: "values",
      names: ["Grid-0.Bus-1.vm_pu", "Grid-0.Line-1.loading_percent"],
    });
    expect(values.every((value) => value > 0)).toBe(true);
    await client.ask({ do: "run" });
    await run.said(/the run is over; its page stays until Ctrl-C/);
    await client.until(() => client.info?.source === "recording" && client.frame?.phase === "ended");
    expect(client.frame).toMatchObject({ hash, steps: 96 });
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);
    expect(run.stdout).toContain(`trace hash ${hash}\n`);
    expect(run.stderr.match(/^page: /gm)).toHaveLength(1);
    expect(readFileSync(file("watched.mcap")).equals(readFileSync(file("day.mcap")))).toBe(true);
  });

  it("is ended by Ctrl-C while it is held", async () => {
    const run = new Command("run", SCENARIO, "--out", folder, "--watch", "--paused");
    const client = await run.page();
    await client.until(() => client.frame?.phase === "paused");
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(130);
  });

  it("is replayed on a page, step by step, and is the same", async () => {
    const replay = new Command("replay", file("day.mcap"), "--watch", "--paused");
    const client = await replay.page();
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 0);
    expect(client.info).toMatchObject({ title: "replay of day.mcap", seed: "1" });
    await client.ask({ do: "step" });
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 900_000_000);
    await client.ask({ do: "run" });
    await replay.said(/the replay is over/);
    replay.child.kill("SIGINT");
    expect(await replay.ended).toBe(0);
    expect(replay.stdout).toContain(`trace hash ${hash}\n`);
  });

  it("is looked at as a recording", async () => {
    const view = new Command("view", file("day.mcap"), "--scenario", SCENARIO);
    const client = await view.page();
    await client.until(() => client.frame?.phase === "ended");
    expect(client.info).toMatchObject({ source: "recording", title: "day.mcap" });
    expect(client.info!.topology?.edges.length).toBe(14);
    view.child.kill("SIGINT");
    expect(await view.ended).toBe(0);
  });

  it("holds the master's step, and goes on", async () => {
    const port = await freePort();
    const sim = new Command("sim", SCENARIO, `127.0.0.1:${port}`, "--remote", "--watch", "--paused");
    const client = await sim.page();
    await sim.said(/waiting for mosaik/);
    const world = new World({ Agents: { connect: `127.0.0.1:${port}` } });
    const agents = await world.start<{ PvAgent(params: object): Promise<unknown> }>("Agents");
    await agents.PvAgent({ eid: "PV-1", connection: {}, memory_steps: 1 });
    let time = -1;
    const run = world.run({
      until: 5,
      progress: (progress) => {
        time = progress.time;
      },
    });
    await client.until(() => client.frame?.phase === "paused");
    expect(client.info!.note).toContain("pause holds back only our answer");
    expect(time).toBe(-1);
    await client.ask({ do: "step" });
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 1_000_000);
    expect(time).toBe(0);
    await client.ask({ do: "run" });
    await run;
    expect(time).toBe(4);
    await world.shutdown();
    expect(await sim.ended).toBe(0);
    expect(sim.stdout).toBe("");
  });

  it("says what is wrong with the options", async () => {
    const cases = [
      [["run", SCENARIO, "--paused"], /add --watch/],
      [["run", SCENARIO, "--watch", "--watch-port", "x"], /--watch-port must be a port/],
      [["run", SCENARIO, "--watch", "--sweep", "seed=1..2"], /a sweep of many runs has no page/],
      [["export", file("day.mcap"), "-f", "html", "--agent", "PV-1"], /its filters are on the page itself/],
    ] as const;
    for (const [args, said] of cases) {
      const command = new Command(...args);
      expect([await command.ended, command.stderr]).toEqual([2, expect.stringMatching(said)]);
    }
  });

  it.skipIf(!hasChromium)(
    "is one file that a browser shows without a server, and says what it leaves out",
    async () => {
      const whole = new Command("export", file("day.mcap"), "-f", "html", "--scenario", SCENARIO);
      expect(await whole.ended, whole.stderr).toBe(0);
      const part = new Command("export", file("day.mcap"), "-f", "html", "--max", "100", "-o", file("part.html"));
      expect(await part.ended, part.stderr).toBe(0);
      expect(existsSync(file("day.html"))).toBe(true);
      const browser = await launchChromium(folder);
      const context = await browser.newContext({
        viewport: { width: 1280, height: 720 },
        locale: "en-US",
        offline: true,
      });
      const page = await context.newPage();
      const asked: string[] = [];
      page.on("request", (request) => request.url().startsWith("http") && asked.push(request.url()));
      page.on("pageerror", (error) => asked.push(error.message));
      await page.goto(`file://${file("day.html")}#view=clock&at=46800000000`);
      await page.locator('[data-card="messages"] .value', { hasText: "3" }).waitFor();
      expect((await page.locator('[data-card="messages"] .value').innerText()).replace(/\D/g, "")).toBe("3498");
      expect(await page.locator(".facts").innerText()).toContain(hash);
      for (const [view, shown] of [
        ["agents", "tbody tr"],
        ["lanes", ".message"],
        ["series", ".legend li"],
        ["topology", ".bus"],
        ["log", "tbody tr"],
      ] as const) {
        await page.goto(`file://${file("day.html")}#view=${view}&at=46800000000`);
        await page.locator(`main[data-view="${view}"] ${shown}`).first().waitFor();
      }
      await page.goto(`file://${file("part.html")}#view=lanes`);
      await page.locator(".note", { hasText: "7095 of 7195 events" }).waitFor();
      expect(asked).toEqual([]);
      await browser.close();
    },
  );
});
