import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { view, Watch, watchRun } from "../../adapters/dashboard/index.ts";
import type {
  AgentAnswer,
  AgentsAnswer,
  ChainAnswer,
  EventsAnswer,
  PairsAnswer,
  SeriesAnswer,
  StateAnswer,
} from "../../adapters/dashboard/model/protocol.ts";
import { checkedRequest } from "../../adapters/dashboard/server/commands.ts";
import { serveMetrics } from "../../adapters/dashboard/server/metrics.ts";
import {
  Agent,
  Container,
  ExternalClock,
  eventsOf,
  Platform,
  RealTimeClock,
  Recording,
  type TraceEvent,
} from "../../src/index.ts";
import { AGENTS, congestion, PageClient, pageFolder } from "../support/page-run.ts";

const HEAVY = process.env["COSIMAS_HEAVY"] === "1";

class Talker extends Agent {
  static override readonly exposed = ["hear"] as const;
  static override readonly outputs = ["level"] as const;
  level = 0;
  hear(n: number): number {
    this.level = n;
    return n + 1;
  }
  async say(n: number): Promise<void> {
    const peer = await this.connect<typeof Talker>("b");
    await peer.hear(n);
  }
}

let place: Awaited<ReturnType<typeof pageFolder>>;
let recording: string;
let hash: string;
const events: Exclude<TraceEvent, { kind: "step" }>[] = [];

beforeAll(async () => {
  place = await pageFolder();
  recording = join(place.folder, "run.mcap");
  const { traceHash } = await congestion({ record: new Recording(recording, { modules: [AGENTS] }) });
  hash = traceHash!;
  for await (const { event } of eventsOf(recording)) if (event.kind !== "step") events.push(event);
});
afterAll(() => place.remove());

/** A container of two, watched. */
async function talking(options: object = {}) {
  const container = await Container.create({ seed: 1, clock: new ExternalClock() });
  container.spawn(Talker, { id: "a" });
  container.spawn(Talker, { id: "b" });
  const page = await watchRun(container, { assets: place.assets, ...options });
  return { container, page };
}

describe("a recording through the server", () => {
  let page: Awaited<ReturnType<typeof view>>;
  let client: PageClient;
  beforeAll(async () => {
    page = await view(recording, { assets: place.assets });
    await page.ready;
    client = await PageClient.open(page.url);
  });
  afterAll(async () => {
    client.close();
    await page.close();
  });

  const upTo = (ticks: number) => events.filter((event) => event.ticks <= ticks);
  const MESSAGES = ["input", "request", "oneway", "reply", "failure"];

  it.each([0, 1, 46_800_000_000, 46_799_999_999, 85_500_000_000])("counts what there was at tick %i", async (at) => {
    const state = await client.ask<StateAnswer>({ ask: "state", at });
    const past = upTo(at);
    expect(state.events).toBe(past.length);
    expect(state.messages).toBe(past.filter(({ kind }) => MESSAGES.includes(kind)).length);
    expect(state.steps).toBe(new Set(past.map(({ ticks }) => ticks)).size);
    expect(state.agents).toBe(past.filter(({ kind }) => kind === "created").length);
    const { agents } = await client.ask<AgentsAnswer>({ ask: "agents", at, limit: 100 });
    for (const { id, received, sent } of agents) {
      const messages = past.filter(({ kind }) => MESSAGES.includes(kind));
      expect([id, received]).toEqual([id, messages.filter((e) => "agent" in e && e.agent === id).length]);
      expect([id, sent]).toEqual([id, messages.filter((e) => "peer" in e && e.peer === id).length]);
    }
  });

  it("gives the events of a range, from either end, as they were recorded", async () => {
    const [from, to] = [36_000_000_000, 37_800_000_000];
    const inside = events.filter(({ kind, ticks }) => kind !== "tick" && ticks >= from && ticks <= to);
    const key = (e: object) =>
      ["ticks", "round", "kind", "agent", "peer", "method", "id"].map((name) => (e as never)[name] ?? "");
    const first = await client.ask<EventsAnswer>({ ask: "events", from, to, limit: 50 });
    expect(first.events.map(key)).toEqual(inside.slice(0, 50).map(key));
    expect(first.more).toBe(true);
    const last = await client.ask<EventsAnswer>({ ask: "events", from, to, limit: 50, last: true });
    expect(last.events.map(key)).toEqual(inside.slice(-50).map(key));
    const all = await client.ask<EventsAnswer>({ ask: "events", from, to, limit: 1000 });
    expect(all.events.map(key)).toEqual(inside.map(key));
    expect(all.more).toBe(false);
    const filter = { agents: ["PV-3"], methods: ["award"], kinds: ["reply"] };
    const some = await client.ask<EventsAnswer>({ ask: "events", from, to, limit: 1000, filter });
    expect(some.events.map(key)).toEqual(
      inside.filter((e) => e.kind === "reply" && e.method === "award" && e.peer === "PV-3").map(key),
    );
    expect(some.events.length).toBe(3);
  });

  it("follows causes back to where they come from outside", async () => {
    const event = events.findLast((e) => e.kind === "reply" && e.method === "award")!;
    const { chain, note } = await client.ask<ChainAnswer>({
      ask: "chain",
      id: (event as { id: string }).id,
      ticks: event.ticks,
    });
    expect(note).toBe("");
    const byId = new Map(events.flatMap((e) => ("id" in e ? [[e.id, e] as const] : [])));
    const expected: string[] = [];
    for (let at = (event as { id: string }).id; at !== undefined; at = byId.get(at)?.cause as never) expected.push(at);
    expect(chain.map(({ id }) => id)).toEqual(expected);
    expect(chain.at(-1)).toMatchObject({ kind: "input", peer: "@", cause: "" });
  });

  it("gives series and pairs as the events have them", async () => {
    const { series } = await client.ask<SeriesAnswer>({
      ask: "series",
      names: ["PV-1.measure.available_mw", "Trafo-1.measure.loading_percent", "nobody.nothing"],
      ...{ from: 0, to: 90_000_000_000, columns: 1000 },
    });
    expect(series.map(({ name }) => name)).toEqual(["PV-1.measure.available_mw", "Trafo-1.measure.loading_percent"]);
    for (const { name, times, values, thinned } of series) {
      const [agent, , field] = name.split(".") as [string, string, string];
      const inputs = events.flatMap((e) => (e.kind === "input" && e.agent === agent ? [e] : []));
      const points = inputs.map((e) => [e.ticks, (e.args[0] as Record<string, number | null>)[field]!] as const);
      const known = points.filter(([, value]) => value !== null);
      expect([times, values, thinned]).toEqual([known.map(([t]) => t), known.map(([, v]) => v), false]);
    }
    const [from, to] = [9_000_000_000, 18_000_000_000];
    const { pairs } = await client.ask<PairsAnswer>({ ask: "pairs", from, to, limit: 1000 });
    const counts = new Map<string, number>();
    for (const e of events) {
      if (!("peer" in e) || e.ticks < from || e.ticks > to) continue;
      counts.set(`${e.peer} ${e.agent}`, (counts.get(`${e.peer} ${e.agent}`) ?? 0) + 1);
    }
    expect(new Map(pairs.map(({ from: a, to: b, count }) => [`${a} ${b}`, count]))).toEqual(counts);
    const { agent, peers } = await client.ask<AgentAnswer>({ ask: "agent", id: "PV-2" });
    expect(agent).toMatchObject({ type: "PvAgent", state: "alive" });
    expect(peers.map(({ from: a, to: b }) => `${a} ${b}`).sort()).toEqual(["@ PV-2", "PV-2 Trafo-1", "Trafo-1 PV-2"]);
  });

  it("says what it is, and takes no commands", async () => {
    expect(client.info).toMatchObject({ source: "recording", seed: "1", controls: "none", ticksPerSecond: 1_000_000 });
    expect(client.frame).toMatchObject({ phase: "ended", hash, span: [0, 85_500_000_000] });
    await expect(client.ask({ do: "pause" })).rejects.toThrow("a recording is over");
  });
});

describe("holding a run", () => {
  it("pauses, steps, runs to a time and on, and changes nothing", async () => {
    const page = await Watch.open({ assets: place.assets, paused: true });
    const client = await PageClient.open(page.url);
    const done = congestion({ record: page.journal(undefined), watch: (world) => page.add(world) });
    const paused = (ticks: number) =>
      client.until(() => client.frame?.phase === "paused" && client.frame.ticks === ticks);
    await paused(0);
    expect(client.frame).toMatchObject({ steps: 1, agents: 14 });
    await client.ask({ do: "step" });
    await paused(900_000_000);
    await client.ask({ do: "step" });
    await paused(1_800_000_000);
    await expect(client.ask({ do: "runTo", ticks: 900_000_000 })).rejects.toThrow("a run cannot go back");
    await client.ask({ do: "runTo", ticks: 43_200_000_000 });
    await paused(43_200_000_000);
    const { messages } = await client.ask<StateAnswer>({ ask: "state" });
    const before = events.filter((e) => "peer" in e && e.ticks <= 43_200_000_000).length;
    expect(messages).toBe(before);
    await client.ask({ do: "speed", value: 1e6 });
    await client.ask({ do: "run" });
    const { traceHash } = await done;
    expect(traceHash).toBe(hash);
    await page.end();
    await client.until(() => client.frame?.phase === "ended");
    expect(client.frame?.hash).toBe(hash);
    client.close();
    await page.close();
  });

  it("holds a container and a platform between advances, and lets go when they are closed", async () => {
    const { container, page } = await talking({ paused: true });
    const client = await PageClient.open(page.url);
    container.input("a", "say", [1]);
    let isOver = false;
    const advance = container.advance(1).then(() => {
      isOver = true;
    });
    await client.until(() => client.frame?.phase === "paused");
    expect(isOver).toBe(false);
    await client.ask({ do: "run" });
    await advance;
    await client.ask({ do: "pause" });
    const held = container.advance(2);
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 2_000_000);
    await container.close();
    await held;
    client.close();
    await page.close();

    const platform = await Platform.create({ containers: 2, seed: 1, module: AGENTS });
    const other = await platform.watch({ paused: true, ...{ assets: place.assets } });
    const second = await PageClient.open(other.url);
    const going = platform.advance(5);
    await second.until(() => second.frame?.phase === "paused");
    await second.ask({ do: "run" });
    await going;
    second.close();
    await other.close();
    await platform.close();
  });

  it("refuses commands when it may only look", async () => {
    const { container, page } = await talking({ readOnly: true });
    const client = await PageClient.open(page.url);
    await expect(client.ask({ do: "pause" })).rejects.toThrow("may only look");
    await container.advance(1);
    expect((await client.ask<StateAnswer>({ ask: "state" })).agents).toBe(2);
    client.close();
    await page.close();
    await container.close();
  });
});

describe("a run in real time", () => {
  class Ticking extends Agent {
    static override readonly exposed = ["block"] as const;
    override setup(): void {
      this.task(async () => {
        for (;;) await this.clock.sleep(0.02);
      });
    }
    block(ms: number): void {
      for (const end = performance.now() + ms; performance.now() < end; );
    }
  }

  it("says how far it is behind the wall's clock, and cannot be held", async () => {
    const container = await Container.create({ seed: 1, clock: new RealTimeClock() });
    const ticking = container.spawn(Ticking, { id: "ticking" });
    const page = await watchRun(container, { assets: place.assets });
    const client = await PageClient.open(page.url);
    await client.until(() => (client.frame?.ticks ?? 0) > 100_000 && client.frame!.lagS >= 0);
    expect(client.info).toMatchObject({ controls: "none", source: "live" });
    await expect(client.ask({ do: "pause" })).rejects.toThrow("cannot be held");
    // What falls due meanwhile is served late, by up to this time; a page sees it now and then.
    const isSeen = () => client.frames.some(({ lagS }) => lagS > 0.4);
    for (let i = 0; i < 20 && !isSeen(); i++) {
      ticking.block(700);
      const { length } = client.frames;
      await client.until(() => isSeen() || client.frames.length > length + 2);
    }
    expect(isSeen()).toBe(true);
    expect(client.frames.every(({ lagS }) => lagS < 60)).toBe(true);
    // Then it catches up.
    await client.until(() => client.frame!.lagS < 0.4);
    client.close();
    await page.close();
    await container.close();
  });
});

describe("who is let in", () => {
  let container: Container;
  let page: Watch;
  beforeAll(async () => {
    ({ container, page } = await talking());
  });
  afterAll(async () => {
    await page.close();
    await container.close();
  });

  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port: page.port, path, headers, method }, (response) => {
        let body = "";
        response.on("data", (part) => {
          body += part;
        });
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      });
      request.on("error", reject);
      request.end();
    });
  const token = () => new URLSearchParams(new URL(page.url).hash.slice(1)).get("t")!;
  const upgrade = async (headers: Record<string, string>, path = `/feed?t=${token()}`) => {
    const socket = new WebSocket(`ws://127.0.0.1:${page.port}${path}`, { headers });
    const [status] = await Promise.race([
      once(socket, "open").then(() => [101]),
      once(socket, "unexpected-response").then(([, response]) => [(response as { statusCode: number }).statusCode]),
    ]);
    socket.on("error", () => {});
    socket.terminate();
    return status;
  };
  const own = () => ({ origin: `http://127.0.0.1:${page.port}` });

  it("serves its files, with headers that keep others out", async () => {
    const { status, headers, body } = await get("/");
    expect([status, body.includes('src="/page.js"')]).toEqual([200, true]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'self';/);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    expect(body).not.toMatch(/https?:|<script(?! type="module" src)/);
    expect((await get("/page.js")).status).toBe(200);
  });

  it.each([
    "/../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "/page.js/",
    "//page.js",
    "/assets/page.js",
    "/.env",
    "/page.js%00",
  ])("answers 404 to %s", async (path) => {
    const socket = connect(page.port, "127.0.0.1");
    socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${page.port}\r\nConnection: close\r\n\r\n`);
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString().split("\r\n")[0]).toBe("HTTP/1.1 404 Not Found");
  });

  it("is a page of less than 80 kB of JavaScript, as it would be compressed", () => {
    const bytes = gzipSync(readFileSync(join(place.assets, "page.js")), { level: 9 }).length;
    expect(bytes).toBeLessThan(80_000);
    expect(bytes).toBeGreaterThan(10_000);
  });

  it("answers 403 to another Host, 405 to another method", async () => {
    for (const host of ["evil.example", `evil.example:${page.port}`, "127.0.0.1", `127.0.0.1:${page.port + 1}`]) {
      expect((await get("/", { host })).status).toBe(403);
    }
    expect((await get("/", { host: `localhost:${page.port}` })).status).toBe(200);
    expect((await get("/", {}, "POST")).status).toBe(405);
  });

  it("lets a page of its own in with the token, and nobody else", async () => {
    expect(await upgrade(own())).toBe(101);
    for (const origin of [
      "http://evil.example",
      "null",
      `http://127.0.0.1:${page.port + 1}`,
      `http://localhost:${page.port}`,
      "http://127.0.0.1",
      `http://127.0.0.1:${page.port}.evil.example`,
      `file://127.0.0.1:${page.port}`,
    ]) {
      expect([origin, await upgrade({ origin })]).toEqual([origin, 403]);
    }
    expect(await upgrade({})).toBe(403);
    expect(await upgrade({ ...own(), host: "evil.example" })).toBe(403);
    for (const path of [
      "/feed",
      "/feed?t=",
      `/feed?t=${token()}x`,
      `/feed?t=${token().slice(1)}`,
      `/feed?x=${token()}`,
    ]) {
      expect([path, await upgrade(own(), path)]).toEqual([path, 401]);
    }
    expect(await upgrade(own(), `/other?t=${token()}`)).toBe(404);
    expect(token()).toMatch(/^[\w-]{24}$/);
  });

  it("ends a connection whose message is too long", async () => {
    const client = await PageClient.open(page.url);
    client.socket.send("x".repeat(70_000));
    const [code] = await once(client.socket, "close");
    expect(code).toBe(1009);
  });
});

describe("what a page may send", () => {
  const at = fc.oneof(fc.constant(undefined), fc.nat());
  const valid = fc
    .oneof(
      fc.record({ do: fc.constantFrom("run", "pause", "step") }),
      fc.record({ do: fc.constant("runTo"), ticks: fc.nat() }),
      fc.record({ do: fc.constant("speed"), value: fc.double({ min: 0, max: 1e9, noNaN: true }) }),
      fc.record({ ask: fc.constantFrom("state", "agents", "names"), search: fc.constant(undefined) }),
      fc.record({ ask: fc.constantFrom("agents", "state"), at }),
      fc.record({ ask: fc.constant("agent"), id: fc.oneof(fc.string(), fc.constantFrom("a", "__proto__", "@")), at }),
      fc.record({
        ask: fc.constant("chain"),
        id: fc.oneof(fc.string(), fc.constantFrom("a#0", "b#created")),
        ticks: fc.nat(),
      }),
      fc.record({
        ask: fc.constant("events"),
        from: fc.nat(),
        to: fc.nat(),
        limit: fc.integer({ min: 1, max: 1000 }),
        last: fc.boolean(),
      }),
      fc.record({ ask: fc.constant("pairs"), from: fc.nat(), to: fc.nat() }),
      fc.record({
        ask: fc.constant("values"),
        names: fc.array(fc.oneof(fc.string(), fc.constantFrom("run.messages", "__proto__.x"))),
        at,
      }),
      fc.record({
        ask: fc.constant("series"),
        names: fc.array(fc.constantFrom("run.messages", "a.say", ".", "")),
        from: fc.nat(),
        to: fc.nat(),
        columns: fc.integer({ min: 1, max: 10_000 }),
      }),
    )
    .chain((request) => fc.nat().map((n) => JSON.stringify({ ...request, n })));
  const anything = fc.oneof(
    valid,
    fc.string({ maxLength: 60 }),
    fc.json({ maxDepth: 3 }),
    fc
      .record(
        {
          n: fc.oneof(fc.nat(), fc.anything({ maxDepth: 1 })),
          do: fc.oneof(
            fc.constantFrom("run", "pause", "step", "runTo", "speed", "close", "__proto__"),
            fc.anything({ maxDepth: 1 }),
          ),
          ask: fc.oneof(
            fc.constantFrom(
              "agents",
              "agent",
              "events",
              "chain",
              "names",
              "series",
              "pairs",
              "values",
              "state",
              "constructor",
            ),
            fc.anything({ maxDepth: 1 }),
          ),
          ticks: fc.oneof(fc.double(), fc.integer(), fc.anything({ maxDepth: 1 })),
          value: fc.oneof(fc.double(), fc.anything({ maxDepth: 1 })),
          from: fc.oneof(fc.nat(), fc.double()),
          to: fc.oneof(fc.nat(), fc.double()),
          limit: fc.oneof(fc.nat(2000), fc.double()),
          columns: fc.oneof(fc.nat(2000), fc.double()),
          at: fc.oneof(fc.nat(), fc.double()),
          id: fc.oneof(fc.string(), fc.constantFrom("a", "__proto__")),
          names: fc.oneof(fc.array(fc.string()), fc.anything({ maxDepth: 1 })),
          filter: fc.oneof(
            fc.record({ agents: fc.array(fc.string()), text: fc.string() }, { requiredKeys: [] }),
            fc.anything({ maxDepth: 2 }),
          ),
          sort: fc.oneof(fc.constantFrom("id", "last", "toString"), fc.string()),
        },
        { requiredKeys: [] },
      )
      .map((value) => {
        try {
          return JSON.stringify(value) ?? "";
        } catch {
          return "";
        }
      }),
  );

  it("is a known request, or refused with a reason", async () => {
    const { container, page } = await talking();
    container.input("a", "say", [1]);
    await container.advance(1);
    const { run } = page;
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(anything, (text) => {
        const checked = checkedRequest(text);
        if (!("request" in checked)) {
          refused++;
          expect(checked.reason.length).toBeGreaterThan(5);
          return;
        }
        taken++;
        const { n, ...request } = checked.request;
        expect(n).toBeGreaterThanOrEqual(0);
        if ("do" in request) expect(["string", "undefined"]).toContain(typeof run.command(request));
        else JSON.stringify(run.answer(request));
      }),
      { numRuns: HEAVY ? 100_000 : 5000 },
    );
    expect(taken).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    run.command({ do: "run" });
    run.command({ do: "speed", value: 0 });
    await container.advance(2);
    await page.close();
    await container.close();
  });

  it("is dropped when it is too much, and the page stays", async () => {
    const { container, page } = await talking();
    const client = await PageClient.open(page.url);
    for (let i = 0; i < 2000; i++) client.socket.send(`{"n":${i},"do":"nothing"}`);
    await client.until(() => client.refused.some(({ reason }) => reason.startsWith("too many messages")));
    expect(client.refused.length).toBeLessThan(1000);
    await container.advance(1);
    await client.until(() => client.frame?.ticks === 1_000_000);
    client.close();
    await page.close();
    await container.close();
  });
});

describe("pages that do not keep up", () => {
  it("miss pictures, are told how many, and hold up nobody", async () => {
    const { container, page } = await talking();
    const slow = await PageClient.open(page.url);
    const fast = await PageClient.open(page.url);
    // It reads nothing more; what it asks for fills its buffers.
    slow.socket.pause();
    for (let t = 1; t <= 400; t++) {
      container.input("a", "say", [t]);
      await container.advance(t);
    }
    const ask = { ask: "events", from: 0, to: 400_000_000, limit: 1000 };
    let answers = 0;
    while (fast.frames.every(({ skipped }) => skipped === 0) && answers < 400) {
      // Distinct questions, so that each is answered anew; 16 at a time may wait.
      for (let i = 0; i < 12; i++)
        slow.socket.send(JSON.stringify({ ...ask, to: 400_000_000 - answers, n: answers++ }));
      await fast.ask({ ask: "state" });
    }
    await container.advance(401);
    await fast.until(() => fast.frame?.ticks === 401_000_000);
    slow.socket.resume();
    await slow.until(() => slow.frames.some(({ skipped }) => skipped > 0));
    expect(slow.frames.find(({ skipped }) => skipped > 0)!.skipped).toBeGreaterThan(0);
    slow.close();
    fast.close();
    await page.close();
    await container.close();
  });

  it("are a hundred at most", async () => {
    const { container, page } = await talking();
    const clients = await Promise.all(Array.from({ length: 100 }, () => PageClient.open(page.url)));
    await expect(PageClient.open(page.url)).rejects.toThrow("503");
    await container.advance(1);
    await Promise.all(clients.map((client) => client.until(() => client.frame?.ticks === 1_000_000)));
    for (const client of clients) client.close();
    await page.close();
    await container.close();
  });
});

describe("metrics", () => {
  it("are Prometheus text, for this machine alone", async () => {
    const { container, page } = await talking();
    const served = await serveMetrics(page.run, 0);
    container.input("a", "say", [1]);
    await container.advance(3);
    const response = await fetch(`http://127.0.0.1:${served.port}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain("\ncosimas_time_seconds 3\n");
    expect(text).toContain('\ncosimas_events_total{kind="request"} 1\n');
    expect(text).toContain("# TYPE cosimas_messages_total counter\ncosimas_messages_total 3\n");
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? -?[\d.e+-]+)$/);
    expect((await fetch(`http://127.0.0.1:${served.port}/`)).status).toBe(404);
    await served.close();
    await page.close();
    await container.close();
  });
});
