import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { view } from "../../adapters/dashboard/index.ts";
import { lineFilter, lineOf } from "../../adapters/dashboard/model/event-line.ts";
import type { EventLine, EventsAnswer, LineFilter, StateAnswer } from "../../adapters/dashboard/model/protocol.ts";
import { LOOKED_AT_MAX } from "../../adapters/dashboard/server/recorded-rows.ts";
import { RecordedRun } from "../../adapters/dashboard/server/recorded-run.ts";
import { Agent, Container, eventsOf, Recording, RunWriter } from "../../src/index.ts";
import { count } from "../support/heavy.ts";
import { PageClient, pageFolder, ROOT } from "../support/page-run.ts";
import { HEADER, messages } from "../support/run-entries.ts";

let place: Awaited<ReturnType<typeof pageFolder>>;
beforeAll(async () => {
  place = await pageFolder();
});
afterAll(() => place.remove());

class Talker extends Agent {
  static override readonly exposed = ["hear", "say"] as const;
  static override readonly outputs = ["level"] as const;
  level = 0;
  hear(what: unknown): unknown {
    return { heard: what, näher: null };
  }
  async say(what: unknown, to: string): Promise<void> {
    this.level++;
    const peer = await this.connect<typeof Talker>(to);
    await peer.hear(what);
    if (this.level % 10 === 0) this.log("Ten more\nof them", { level: this.level, kelvin: "\u212a" });
  }
}

const WORDS = [
  "Mode\nfast",
  "\u212aelvin",
  'a "quoted" one',
  "under_score-9",
  "Üben",
  "deadbeef",
  "null island",
  -1.5e-7,
];

/** A recording of two that talk, `steps` times. */
async function talked(path: string, steps: number, onStep?: (container: Container) => Promise<void>): Promise<void> {
  const container = await Container.create({ seed: 1, record: new Recording(path, { durable: "write" }) });
  for (const id of ["a-1", "Bus-2"]) container.spawn(Talker, { id });
  for (let t = 1; t <= steps; t++) {
    container.input("a-1", "say", [{ word: WORDS[t % WORDS.length], bytes: new Uint8Array(t % 5) }, "Bus-2"]);
    await container.advance(t);
    await onStep?.(container);
  }
  await container.close();
}

describe("a recording that is being written", () => {
  it("is followed to its end", async () => {
    const path = join(place.folder, "grows.mcap");
    let page: Awaited<ReturnType<typeof view>> | undefined;
    let client: PageClient | undefined;
    let steps = 0;
    await talked(path, 40, async () => {
      if (++steps === 1) {
        page = await view(path, { assets: place.assets });
        await page.ready;
        client = await PageClient.open(page.url);
        await client.until(() => client!.frame?.phase === "following");
        expect(client.info!.missing).toContain(`is being written by process ${process.pid} on `);
        await expect(client.ask({ do: "pause" })).rejects.toThrow("start it with --watch");
      }
      if (steps % 10 !== 0) return;
      await client!.until(() => client!.frame?.ticks === steps * 1_000_000);
      const now = await client!.ask<StateAnswer>({ ask: "state" });
      const ask = { ask: "events", from: 0, to: now.ticks, limit: 1000 };
      const { events, more } = await client!.ask<EventsAnswer>(ask);
      expect([more, events.length]).toEqual([false, now.events - now.kinds["tick"]!]);
      expect(await client!.ask<StateAnswer>({ ask: "state", at: 1_500_000 })).toMatchObject({ ticks: 1_000_000 });
    });
    await client!.until(() => client!.frame?.phase === "ended" && client!.info!.missing === "");
    expect(client!.frame).toMatchObject({
      span: [0, 40_000_000],
      fraction: 1,
      hash: expect.stringMatching(/^\w{16}$/),
    });
    client!.close();
    await page!.close();
  });

  it("has all that was settled when its run was killed, and says so", async () => {
    const path = join(place.folder, "killed.mcap");
    const script = join(ROOT, "test/support/run-recorder.ts");
    const args = ["--import", "tsx", "--conditions=cosimas:source", script, path, "7"];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const page = await view(path, { assets: place.assets });
    await page.ready;
    const client = await PageClient.open(page.url);
    await client.until(() => client.frame?.phase === "following");
    let settled = 0;
    child.stdout.on("data", (text: Buffer) => {
      settled = Number(String(text).trimEnd().split("\n").at(-1));
      if (settled > 100) child.kill("SIGKILL");
    });
    await once(child, "close");
    await client.until(() => client.frame?.phase === "ended" && client.info!.missing !== "");
    expect(client.info!.missing).toMatch(
      /The end of this recording is missing: .*`cosimas recover` makes a whole file/,
    );
    expect(client.frame!.events).toBeGreaterThanOrEqual(30 * settled);
    expect(client.frame!.events % 30).toBe(0);
    client.close();
    await page.close();
  });
});

describe("searching a recording", () => {
  it("finds what has a text in it, as looking at every event does", async () => {
    const path = join(place.folder, "talk.mcap");
    await talked(path, 60);
    const lines: EventLine[] = [];
    let ticks = 0;
    for await (const { event } of eventsOf(path)) {
      ticks = event.kind === "step" ? ticks : event.ticks;
      if (event.kind !== "tick") lines.push(lineOf(event, ticks));
    }
    // Without a connection, which lets a page ask so often and no more.
    const run = await RecordedRun.open(path);
    await run.ready;
    const all = lines.map(({ kind, agent, peer, method, text }) => `${kind} ${agent} ${peer} ${method} ${text}`);
    const part = fc.oneof(
      fc.tuple(fc.constantFrom(...all), fc.nat(), fc.integer({ min: 1, max: 9 })).map(([text, from, length]) => {
        const at = from % text.length;
        return text.slice(at, at + length);
      }),
      fc.constantFrom(
        "nfast",
        "fast",
        "elvin",
        "kelvin",
        "BUS",
        "of them",
        "e-7",
        "null",
        "bytes",
        "über",
        "\\nof",
        "zz",
      ),
    );
    const some = <T>(...values: T[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined });
    const filters = fc.record({
      text: fc.option(part, { nil: undefined }),
      agents: some("a-1", "Bus-2", "nobody"),
      methods: some("hear", "say", "none"),
      kinds: some("request", "reply", "log", "output", "created", "input"),
    });
    await fc.assert(
      fc.asyncProperty(filters, fc.boolean(), async (given, last) => {
        const filter = JSON.parse(JSON.stringify(given)) as LineFilter;
        const { events } = (await run.answer({
          ...{ ask: "events", from: 0, to: ticks, limit: 1000, last, filter },
        })) as EventsAnswer;
        expect(events).toEqual(
          lines
            .filter(lineFilter(filter))
            .slice(last ? -1000 : 0)
            .slice(0, 1000),
        );
      }),
      { numRuns: count("texts in recordings", 400, 20_000) },
    );
    await run.close();
  });

  it("looks at so much for one answer, and goes on where that has ended, either way", { timeout: 60_000 }, async () => {
    const path = join(place.folder, "long.mcap");
    const writer = await RunWriter.open(path, HEADER, { durable: "write" });
    // Two times of very many events, as of a large population, then some of few.
    const sizes = [LOOKED_AT_MAX + 5000, LOOKED_AT_MAX + 5000, 7, 3000];
    for (const [tick, size] of sizes.entries()) writer.append(messages(tick + 1, size));
    await writer.close();
    const total = sizes.reduce((sum, size) => sum + size);
    const page = await view(path, { assets: place.assets });
    await page.ready;
    const client = await PageClient.open(page.url);
    const agents = messages(1, 1).map((entry) => (entry as { agent: string }).agent);
    const wanted = (entry: object) => entry as { agent: string; peer: string };
    const expected = sizes.flatMap((size, tick) =>
      messages(tick + 1, size).filter((e) => agents.includes(wanted(e).agent) || agents.includes(wanted(e).peer)),
    );
    for (const last of [false, true]) {
      const found: EventLine[] = [];
      let answers = 0;
      let after: EventsAnswer["next"];
      do {
        const ask = { ask: "events", from: 0, to: 1e9, limit: 1000, last, filter: { agents } };
        const answer = await client.ask<EventsAnswer>({ ...ask, ...(after && { after }) });
        expect(answer.more).toBe(answer.next !== undefined);
        if (last) found.unshift(...answer.events);
        else found.push(...answer.events);
        after = answer.next;
        answers++;
      } while (after !== undefined);
      expect(found.map(({ ticks, agent, id }) => `${ticks} ${agent} ${id}`)).toEqual(
        expected.map((e) => `${(e as { ticks: number }).ticks} ${wanted(e).agent} ${(e as { id: string }).id}`),
      );
      expect(answers).toBeGreaterThan(total / LOOKED_AT_MAX);
    }
    client.close();
    await page.close();
  });
});
