import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RecordingPage, view, Watch, watchRun } from "../../adapters/dashboard/index.ts";
import { Agent, Container, ExternalClock, eventsOf, Recording, type TraceEvent } from "../../src/index.ts";
import { hasChromium, launchChromium } from "../support/page-browser.ts";
import { AGENTS, congestion, pageFolder } from "../support/page-run.ts";

/** The page in a real Chromium: what it shows of a known run of lv-congestion, what it does to one, who can use it. */
const axe = `${readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")};globalThis.axeCore = axe;`;
const VIEWS = ["clock", "agents", "lanes", "series", "topology", "log"] as const;
/** Of the pages, not of these tests. */
declare const axeCore: {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
};
declare const document: {
  title: string;
  activeElement: { getAttribute(name: string): string | null; textContent: string | null };
};
/** 13:00. */
const AT = 46_800_000_000;

describe.skipIf(!hasChromium)("the page", () => {
  let place: Awaited<ReturnType<typeof pageFolder>>;
  let browser: Browser;
  let recording: string;
  let hash: string;
  const events: TraceEvent[] = [];
  const open: Page[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    place = await pageFolder();
    recording = join(place.folder, "run.mcap");
    hash = (await congestion({ record: new Recording(recording, { modules: [AGENTS] }) })).traceHash!;
    for await (const { event } of eventsOf(recording)) events.push(event);
    browser = await launchChromium(place.folder);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((page) => page.context().close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    place?.remove();
  });

  async function shown(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "en-US", ...options });
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(url);
    await page.locator(".bar .clock").waitFor();
    open.push(page);
    return page;
  }
  const past = (ticks: number) => events.filter((event) => event.kind !== "step" && event.ticks <= ticks);
  const number = async (locator: Locator) =>
    Number((await locator.innerText()).replace(/[^\d.−-]/g, "").replace("−", "-"));
  const messagesOf = (list: readonly TraceEvent[]) => list.filter((event) => "peer" in event).length;

  describe("of a recording", () => {
    let served: RecordingPage;
    beforeAll(async () => {
      const { topologyOf } = await import("../../scenarios/lv-congestion/topology.ts");
      const { loadGrid } = await import("../../scenarios/lv-congestion/grid/index.ts");
      const grid = loadGrid(new URL("../../scenarios/lv-congestion/data/grid.json", import.meta.url));
      served = await view(recording, { assets: place.assets, topology: topologyOf(grid) });
      await served.ready;
    });
    afterAll(() => served.close());
    const at = (hashPart: string, ticks: number | undefined = AT) =>
      shown(`${served.url}&${hashPart}${ticks === undefined ? "" : `&at=${ticks}`}`);

    it("shows the clock as it stood", async () => {
      const page = await at("view=clock");
      await page.locator('[data-card="messages"] .value', { hasText: "3" }).waitFor();
      await expect.poll(() => page.locator(".bar .clock").innerText()).toBe("2016-05-20 13:00:00");
      await expect.poll(() => number(page.locator('[data-card="messages"] .value'))).toBe(messagesOf(past(AT)));
      expect(await number(page.locator('[data-card="steps"] .value'))).toBe(
        new Set(past(AT).map((event) => (event as { ticks: number }).ticks)).size,
      );
      await expect.poll(() => number(page.locator('[data-card="agents"] .value'))).toBe(14);
      await expect.poll(() => page.locator(".facts").innerText()).toContain(hash);
    });

    it("shows the agents, sorted and searched, and one of them", async () => {
      const page = await at("view=agents&sort=received&down=1");
      const rows = page.locator("main tbody tr");
      await rows.first().waitFor();
      await expect.poll(() => rows.count()).toBe(14);
      const [first] = await rows.first().locator("th").allInnerTexts();
      expect(first).toBe("Trafo-1");
      const received = past(AT).filter((event) => "peer" in event && event.agent === "Trafo-1").length;
      await expect.poll(() => number(rows.first().locator("td").nth(1))).toBe(received);
      await page.keyboard.press("/");
      await page.keyboard.type("storage");
      await page.locator("main .head", { hasText: "5 of 14 agents" }).waitFor();
      await expect.poll(() => rows.count()).toBe(5);
      await page.locator("main tbody a", { hasText: "Storage-2" }).click();
      await page.locator("h1", { hasText: "Storage-2" }).waitFor();
      const input = past(AT).findLast((event) => event.kind === "input" && event.agent === "Storage-2") as unknown as {
        args: [{ vm_pu: number }];
      };
      const shownValue = page.locator(".values-list > div", { hasText: "vm_pu" }).locator("dd");
      await expect.poll(() => number(shownValue)).toBe(Number(input.args[0].vm_pu.toPrecision(5)));
      await page.goBack();
      await page.locator("h1", { hasText: "Agents" }).waitFor();
    });

    it("draws the messages in order, and what led to one", async () => {
      const page = await at("view=lanes&laneAt=45900000000&who=PV-3");
      const arrows = page.locator(".message");
      await arrows.first().waitFor();
      const expected = events
        .filter(
          (event) =>
            "peer" in event && event.ticks >= 45_900_000_000 && (event.agent === "PV-3" || event.peer === "PV-3"),
        )
        .slice(0, 120) as { kind: string; method: string; agent: string; peer: string }[];
      const labels = await arrows.evaluateAll((all) =>
        all.map((one) => one.getAttribute("aria-description")!.split(",")[0]),
      );
      expect(labels).toEqual(
        expected.map(
          ({ kind, method, agent, peer }) => `${kind} ${method} from ${peer === "@" ? "outside" : peer} to ${agent}`,
        ),
      );
      await page.locator(".message.k-reply").nth(1).click();
      await page.locator(".chain li").first().waitFor();
      const reply = expected.filter(({ kind }) => kind === "reply")[1] as unknown as { id: string };
      const byId = new Map(events.flatMap((event) => ("id" in event ? [[event.id, event] as const] : [])));
      let causes = -1;
      for (let id: string | undefined = reply.id; id !== undefined; id = byId.get(id)?.cause) causes++;
      await expect.poll(() => page.locator(".chain li").count()).toBe(causes);
      await expect.poll(() => page.locator(".chain li").last().innerText()).toContain("outside");
    });

    it("plots series, and saves what it plots", async () => {
      const page = await at("view=series&series=PV-1.measure.available_mw,Trafo-1.measure.loading_percent");
      await page.locator(".legend li").nth(1).waitFor();
      await expect.poll(() => page.locator(".plots .plot canvas").count()).toBe(2);
      const input = past(AT).findLast((event) => event.kind === "input" && event.agent === "Trafo-1") as unknown as {
        args: [{ loading_percent: number }];
      };
      await expect
        .poll(() => number(page.locator(".legend li", { hasText: "Trafo-1" }).locator("b")))
        .toBe(Number(input.args[0].loading_percent.toPrecision(5)));
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "CSV" }).click(),
      ]);
      const lines = readFileSync(await download.path(), "utf8")
        .trim()
        .split("\r\n");
      expect(lines[0]).toBe("time,time_s,series,value");
      const pv = events.filter((event) => event.kind === "input" && event.agent === "PV-1") as unknown as {
        ticks: number;
        args: [{ available_mw: number }];
      }[];
      const wanted = pv.map(({ ticks, args }) => `${ticks / 1e6},PV-1.measure.available_mw,${args[0].available_mw}`);
      expect(lines.filter((line) => line.includes("PV-1.")).map((line) => line.slice(line.indexOf(",") + 1))).toEqual(
        wanted,
      );
      const [picture] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "PNG" }).click(),
      ]);
      expect(
        readFileSync(await picture.path())
          .subarray(1, 4)
          .toString(),
      ).toBe("PNG");
    });

    it("draws the grid with its values, and who talks to whom", async () => {
      const page = await at("view=topology&plan=grid");
      const row = page.locator("main tbody tr", { hasText: "Trafo-1" });
      const input = past(AT).findLast((event) => event.kind === "input" && event.agent === "Trafo-1") as unknown as {
        args: [{ loading_percent: number }];
      };
      await expect
        .poll(() => number(row.locator("td").first()))
        .toBe(Number(input.args[0].loading_percent.toPrecision(5)));
      await expect.poll(() => page.locator(".graph .bus").count()).toBe(15);
      // Only what agents have measured is in a recording; what is not says so, and is drawn otherwise.
      await expect
        .poll(() => page.locator(".missing").innerText())
        .toMatch(/^15 of 29 have no values here\. .*--watch/);
      await expect.poll(() => page.locator(".graph .bus.unknown").count()).toBe(2);
      await page.getByRole("button", { name: "who talks to whom" }).click();
      await page.locator(".graph .node").first().waitFor();
      await expect.poll(() => page.locator(".graph .node").count()).toBe(14);
      const counted = past(AT).filter(
        (event) => "peer" in event && event.agent === "PV-1" && event.peer === "Trafo-1",
      ).length;
      const pair = page
        .locator(".pairs tbody tr")
        .filter({ has: page.locator("td:first-child", { hasText: "Trafo-1" }) })
        .filter({ has: page.locator("td:nth-child(2)", { hasText: "PV-1" }) });
      await expect.poll(() => number(pair.locator("td").nth(2))).toBe(counted);
    });

    it("lists the log with links to times and agents", async () => {
      const page = await at("view=log&log=notes");
      await page.locator("main tbody tr").first().waitFor();
      await expect
        .poll(() => page.locator("main tbody tr").count())
        .toBe(past(AT).filter(({ kind }) => kind === "created").length);
      await page.getByRole("button", { name: "faults" }).click();
      await page.locator(".notice", { hasText: "Nothing has gone wrong" }).waitFor();
      await page.getByRole("button", { name: "logs and life" }).click();
      await page.locator("main tbody .time").first().click();
      await page.locator(".bar .clock", { hasText: "2016-05-20 00:00:00" }).waitFor();
    });

    it("goes to a time that is typed, dragged or stepped to, back and forth, and keeps all in the URL", async () => {
      const page = await at("view=clock", undefined);
      const clock = page.locator(".bar .clock");
      const messages = page.locator('[data-card="messages"] .value');
      await page.locator(".goto").fill("6:30");
      await page.keyboard.press("Enter");
      await clock.filter({ hasText: "06:30:00" }).waitFor();
      await expect.poll(() => number(messages)).toBe(messagesOf(past(23_400_000_000)));
      await page.locator("main h1").click();
      await page.keyboard.press("ArrowRight");
      await clock.filter({ hasText: "06:45:00" }).waitFor();
      await expect.poll(() => number(messages)).toBe(messagesOf(past(24_300_000_000)));
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await clock.filter({ hasText: "06:15:00" }).waitFor();
      await page.locator(".scrubber input").fill("1000");
      await expect.poll(() => clock.innerText()).toMatch(/ 11:5\d:/);
      expect(page.url()).toMatch(/&at=4\d{10}/);
      await page.reload();
      await expect.poll(() => clock.innerText()).toMatch(/ 11:5\d:/);
    });

    it("has no violation that axe finds, light and dark, in every view", async () => {
      const paths = ["view=agents&agent=PV-1", "view=topology&plan=talk", "view=lanes&laneAt=45900000000"];
      const found: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await shown(`${served.url}&view=clock&at=${AT}`, { colorScheme, bypassCSP: true });
        await page.addScriptTag({ content: axe });
        for (const path of [...VIEWS.map((name) => `view=${name}`), ...paths]) {
          await page.goto(`${served.url}&${path}&at=${AT}`);
          await page.locator("main h1").waitFor();
          await page.locator(".message, tbody tr, .legend li, .kinds tr").first().waitFor();
          const violations = await page.evaluate(() => axeCore.run());
          for (const { id, nodes } of violations.violations) {
            for (const { html, failureSummary } of nodes.slice(0, 3)) {
              found.push(`${colorScheme} ${path} ${id}: ${html.slice(0, 160)} ${failureSummary}`);
            }
          }
        }
      }
      expect(found).toEqual([]);
    });

    it("is there within half a second", async () => {
      const page = await shown(`${served.url}&view=clock`);
      await page.reload();
      await page.locator(".card").first().waitFor();
      const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]!.startTime);
      expect(paint).toBeLessThan(500);
    });

    it("is shown in a browser whose language is none, as under the locale POSIX", async () => {
      const context = await browser.newContext({ locale: "en-US" });
      await context.addInitScript(
        'Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true })',
      );
      const page = await context.newPage();
      open.push(page);
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(served.url);
      await page.locator(".bar .clock").waitFor();
      expect(await page.evaluate("navigator.language")).toBe("en-US");
    });

    it("says what to do when the token is wrong", async () => {
      const context = await browser.newContext({ locale: "en-US" });
      const page = await context.newPage();
      await page.goto(served.url.replace(/t=.*/, "t=wrong"));
      await page.locator(".notice", { hasText: "This page was not let in" }).waitFor();
      await context.close();
    });
  });

  describe("of a run that goes on", () => {
    it("is used by keyboard alone: paused, stepped, run to a time, looked at and ended", async () => {
      const watched = await Watch.open({ assets: place.assets, paused: true, title: "lv-congestion" });
      const page = await shown(watched.url);
      const done = congestion({ record: watched.journal(undefined), watch: (world) => watched.add(world) });
      const clock = page.locator(".bar .clock");
      await page.locator(".p-paused").waitFor();
      await expect.poll(() => clock.innerText()).toBe("2016-05-20 00:00:00");
      await page.keyboard.press("ArrowRight");
      await clock.filter({ hasText: "00:15:00" }).waitFor();
      await page.locator(".p-paused").waitFor();
      await expect.poll(() => number(page.locator('[data-card="steps"] .value'))).toBe(2);
      // Every control can be reached: as many stops as there are, in the order in which they are seen.
      const stops: string[] = [];
      for (let i = 0; i < 16; i++) {
        await page.keyboard.press("Tab");
        stops.push(
          await page.evaluate(() =>
            (document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent ?? "")
              .replace(/\d$/, "")
              .trim(),
          ),
        );
      }
      for (const stop of [
        "To the content",
        "Run",
        "One step",
        "Run to time",
        "Speed, in seconds of the run per second",
        "Help and keys",
        "◷Clock",
        "≡Log",
      ]) {
        expect(stops.map((text) => text.replace(/\s+/g, ""))).toContain(stop.replace(/\s+/g, ""));
      }
      await page.locator("main").focus();
      for (const [i, name] of VIEWS.entries()) {
        await page.keyboard.press(String(i + 1));
        await page.locator(`main[data-view="${name}"]`).waitFor();
      }
      await page.keyboard.press("?");
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "hidden" });
      await page.locator(".goto").focus();
      await page.keyboard.type("12:00");
      await page.keyboard.press("Enter");
      await clock.filter({ hasText: "12:00:00" }).waitFor();
      await page.locator(".p-paused").waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("1");
      await expect
        .poll(() => number(page.locator('[data-card="messages"] .value')))
        .toBe(messagesOf(past(43_200_000_000)));
      await page.keyboard.press(" ");
      expect((await done).traceHash).toBe(hash);
      await watched.end();
      await page.locator(".p-ended").waitFor();
      await expect.poll(() => page.locator(".facts").innerText()).toContain(hash);
      await watched.close();
      await page.locator(".banner.bad", { hasText: "does not answer" }).waitFor();
      complaints.length = 0; // the connection that is tried again
    });

    it("keeps its memory over 10,000 ticks", async () => {
      class Meter extends Agent {
        static override readonly exposed = ["read"] as const;
        read(kw: number): number {
          return kw;
        }
      }
      const container = await Container.create({ clock: new ExternalClock(), seed: 1 });
      for (const id of ["m-1", "m-2", "m-3"]) container.spawn(Meter, { id });
      const watched = await watchRun(container, { assets: place.assets });
      const page = await shown(`${watched.url}&view=series`);
      const heapAfter = async (ticks: number, from: number) => {
        for (let t = from; t < ticks; t++) {
          for (const id of ["m-1", "m-2", "m-3"]) container.input(id, "read", [Math.sin(t / 50)]);
          await container.advance(t);
          if (t % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await page
          .locator(".bar .muted", { hasText: String(ticks - 1).replace(/\B(?=(\d{3})+$)/, "\u202f") })
          .waitFor();
        await page.evaluate(() => document.title);
        const session = await page.context().newCDPSession(page);
        await session.send("HeapProfiler.collectGarbage");
        const { usedSize } = await session.send("Runtime.getHeapUsage");
        await session.detach();
        return usedSize / 2 ** 20;
      };
      const before = await heapAfter(1000, 1);
      const after = await heapAfter(11_000, 1000);
      expect(after - before, `${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`).toBeLessThan(3);
      await watched.close();
      complaints.length = 0;
      await container.close();
    });
  });
});
