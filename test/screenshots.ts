/**
 * Pictures of the page for the documentation, from lv-congestion: `npm run build`, then
 * `node --conditions=cosimas:source --import tsx test/screenshots.ts [FOLDER]`; default: docs/page.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { view, Watch } from "../adapters/dashboard/index.ts";
import { loadGrid } from "../scenarios/lv-congestion/grid/index.ts";
import { topologyOf } from "../scenarios/lv-congestion/topology.ts";
import { Recording } from "../src/index.ts";
import { launchChromium } from "./support/page-browser.ts";
import { AGENTS, congestion, ROOT } from "./support/page-run.ts";

const target = process.argv[2] ?? join(ROOT, "docs/page");
mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "cosimas-screenshots-"));
const topology = topologyOf(loadGrid(new URL("../scenarios/lv-congestion/data/grid.json", import.meta.url)));
const recording = join(folder, "lv-congestion.mcap");
await congestion({ record: new Recording(recording, { modules: [AGENTS] }) });
const recorded = await view(recording, { topology });
await recorded.ready;
const live = await Watch.open({ title: "lv-congestion", paused: true, topology });
const running = congestion({ record: live.journal(undefined), watch: (world) => live.add(world) });

/** Name of each picture, where the page is, and what shows that it is drawn. */
const AT = "&at=46800000000";
const SERIES =
  "PV-1.measure.vm_pu,PV-6.measure.vm_pu,Storage-4.measure.vm_pu,Storage-1.measure.e_mwh,Storage-4.measure.e_mwh,Trafo-1.measure.loading_percent";
const PICTURES = [
  ["clock", recorded.url, `view=clock${AT}`, ".kinds tr"],
  ["agents", recorded.url, `view=agents${AT}`, "tbody tr"],
  ["agent", recorded.url, `view=agents&agent=Storage-4${AT}`, "tbody tr"],
  ["lanes", recorded.url, `view=lanes&laneAt=46800000000&who=PV-1,Storage-1,Trafo-1${AT}`, ".message"],
  ["series", recorded.url, `view=series&series=${SERIES}${AT}`, ".legend li"],
  ["talk", recorded.url, `view=topology&plan=talk${AT}`, ".node"],
  ["log", recorded.url, `view=log&log=all${AT}`, "tbody tr"],
  ["grid", live.url, "view=topology&plan=grid", ".bus"],
] as const;

const browser = await launchChromium(folder);
for (const colorScheme of ["light", "dark"] as const) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "en-US", colorScheme });
  const page = await context.newPage();
  if (colorScheme === "light") {
    await page.goto(live.url);
    await page.locator(".p-paused").waitFor();
    await page.locator(".goto").fill("13:00");
    await page.keyboard.press("Enter");
    await page.locator(".clock", { hasText: "13:00:00" }).waitFor();
    await page.locator(".p-paused").waitFor();
  }
  for (const [name, url, path, drawn] of PICTURES) {
    await page.goto(`${url}&${path}`);
    await page.locator(`main ${drawn}`).first().waitFor();
    if (name === "lanes") {
      await page.locator(".message.k-reply").nth(1).click();
      await page.locator(".chain li").first().waitFor();
    }
    // Plots are drawn on canvases, after the next frame.
    await page.waitForTimeout(600);
    await page.screenshot({ path: join(target, `${name}-${colorScheme}.png`) });
  }
  await context.close();
}
await browser.close();
live.release();
await running;
await live.close();
await recorded.close();
rmSync(folder, { recursive: true, force: true });
